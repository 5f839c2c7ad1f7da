import { z } from "zod";
import { isSafeUrl } from "../identity/safe-url.ts";

/** Asymmetric alone: whoever could check the others could sign, too. */
const ALGORITHMS = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
] as const;

const SafeUrl = z.string().refine(isSafeUrl, "expected an https URL without a password, or an http one of localhost");
const Texts = z.array(z.string().min(1)).default([]);

const signer = {
  issuer: SafeUrl.meta({ description: "`iss` of its tokens, to the letter." }),
  jwksUri: SafeUrl.optional().meta({ description: "Where its keys are; where its discovery says otherwise." }),
  audience: Texts.meta({ description: "`aud` has to name one of these." }),
  clientId: Texts.meta({ description: "`client_id`, else `azp`, else `aud` has to be one of these." }),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(["RS256"]),
  tokenUse: z.string().min(1).optional().meta({ description: "`token_use` has to be this, such as access." }),
};

const people = {
  prefix: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$/, "expected 1 to 20 of a-z, 0-9 and inner dashes")
    .optional()
    .meta({ description: "What the names of its users begin with, before a dash; needed where there are several." }),
  adoptUsers: z
    .boolean()
    .default(false)
    .meta({ description: "Whether a user whom an administrator has added by such a name is the same person." }),
};

const NO_AUDIENCE = "expected audience or clientId: tokens that were made for others must not open this server";

function hasAudience({ audience, clientId }: { readonly audience: string[]; readonly clientId: string[] }): boolean {
  return audience.length + clientId.length > 0;
}

const IssuerSettings = z
  .strictObject({
    ...signer,
    userClaim: z.string().min(1).default("sub").meta({ description: "The claim that users are called by." }),
    roleFrom: z
      .strictObject({ claim: z.string().min(1), admin: Texts, viewer: Texts })
      .optional()
      .meta({ description: "The claim that says who is admin or viewer; others are members." }),
    ...people,
  })
  .refine(hasAudience, NO_AUDIENCE);

const Header = z
  .string()
  .regex(/^x-[a-z0-9-]{1,60}$/i, "expected the name of a header that begins with x-")
  .toLowerCase();

const ProxySettings = z
  .strictObject({
    header: Header.meta({ description: "The header with whom a request is of, such as x-cognito-user-id." }),
    proofHeader: Header.default("x-moorage-proxy").meta({ description: "The header with the proxy's proof." }),
    secretFile: z.string().startsWith("/", "expected an absolute path").optional().meta({
      description: "File, of mode 0600, with the secret that the proxy shows: at least 32 bytes.",
    }),
    token: z
      .strictObject({ ...signer, subject: z.string().min(1).meta({ description: "The proxy's own `sub`." }) })
      .refine(hasAudience, NO_AUDIENCE)
      .optional()
      .meta({ description: "Who signs the token that the proxy shows instead." }),
    usersOf: z.string().optional().meta({ description: "The issuer whose `sub` the header has." }),
    ...people,
  })
  .refine(
    ({ secretFile, token }) => (secretFile === undefined) !== (token === undefined),
    "expected exactly one of secretFile and token",
  )
  .refine(({ header, proofHeader }) => header !== proofHeader, "expected two headers")
  .refine(
    ({ usersOf, prefix, adoptUsers }) => usersOf === undefined || (prefix === undefined && !adoptUsers),
    "expected no prefix and no adoptUsers beside usersOf: the issuer has them",
  );

const MINUTE_MS = 60_000;

const LoginSettings = z.strictObject({
  issuer: z.string().meta({ description: "The one of the issuers by which people sign in, to the letter." }),
  clientId: z.string().min(1).meta({ description: "What this server is called there." }),
  secretFile: z.string().startsWith("/", "expected an absolute path").optional().meta({
    description: "File, of mode 0600, with its client secret; a public client otherwise.",
  }),
  url: SafeUrl.refine(isOrigin, "expected an origin alone, such as https://moorage.example.org").meta({
    description: "The server as browsers have it; /auth/callback there is the redirect URI.",
  }),
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]+$/, "expected a scope without spaces"))
    .default(["openid"])
    .refine((scopes) => scopes.includes("openid"), "expected openid to be among them")
    .meta({ description: "What is asked for; `offline_access` has many issuers give a refresh token." }),
  sessionMs: z
    .int()
    .min(MINUTE_MS)
    .default(720 * MINUTE_MS)
    .meta({ description: "Milliseconds after which a person has to sign in again." }),
  idleMs: z
    .int()
    .min(5 * MINUTE_MS)
    .default(120 * MINUTE_MS)
    .meta({ description: "Milliseconds after which one who has asked for nothing has to." }),
});

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (text === url.origin || text === `${url.origin}/`);
}

/** Who vouches for people, beside keys. */
export const IdentitySettings = z
  .strictObject({
    issuers: z.array(IssuerSettings).max(20).default([]).meta({
      description: "Identity providers whose tokens let people in; see docs/server.md.",
    }),
    proxy: ProxySettings.optional(),
    login: LoginSettings.optional().meta({ description: "How people sign in in their browser." }),
  })
  .superRefine(({ issuers, proxy, login }, context) => {
    const refuse = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    for (const [index, { issuer }] of issuers.entries()) {
      if (issuers.findIndex((other) => other.issuer === issuer) !== index)
        refuse(["issuers", index, "issuer"], `expected each issuer once, got ${issuer} twice`);
    }
    const own = issuers.map(({ prefix }, index) => ({ prefix, path: ["issuers", index, "prefix"] }));
    const usersOf = proxy?.usersOf;
    if (proxy !== undefined && usersOf === undefined) own.push({ prefix: proxy.prefix, path: ["proxy", "prefix"] });
    if (usersOf !== undefined && !issuers.some(({ issuer, userClaim }) => issuer === usersOf && userClaim === "sub"))
      refuse(["proxy", "usersOf"], "expected one of the issuers, whose userClaim is sub");
    if (login !== undefined && !issuers.some(({ issuer }) => issuer === login.issuer))
      refuse(["login", "issuer"], `expected one of the issuers, got ${login.issuer}`);
    for (const { prefix, path } of own.length > 1 ? own : []) {
      if (prefix === undefined)
        refuse(path, "expected a prefix, for there are several whose users could be called alike");
      else if (own.some((other) => other.path !== path && `${prefix}-`.startsWith(`${other.prefix}-`)))
        refuse(path, `expected a prefix of its own, with which no other's begins (got "${prefix}")`);
    }
  });
