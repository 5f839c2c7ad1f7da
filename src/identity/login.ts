import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import { checkUser } from "./check-claims.ts";
import { personOf, textsOf, told, type Claims } from "./claims.ts";
import { discover, endpointOf, type Discovered } from "./discovery.ts";
import { postForm, type Answer, type Form } from "./fetch-json.ts";
import type { Issuer, Person } from "./issuer.ts";
import { createVerifier, type Verifier } from "./verifier.ts";

/** By which issuer people sign in in their browser, and as which of its clients this server does it. */
export type LoginSettings = {
  readonly issuer: Issuer;
  readonly clientId: string;
  /** Undefined: a public client, which has none. */
  readonly secret: Secret | undefined;
  readonly scopes: readonly string[];
  /** The server's own origin, as browsers have it. */
  readonly origin: string;
  /** Milliseconds that a session lasts at most, and unused. */
  readonly sessionMs: number;
  readonly idleMs: number;
};

/** Why somebody is not signed in; the message is a sentence that says what was found and what was expected. */
export class LoginRefused extends Error {}

/** What the issuer has said of somebody. */
export type Vouched = {
  readonly person: Person;
  readonly idToken: string;
  readonly refreshToken: string | undefined;
  /** Milliseconds until it wants to be asked again. */
  readonly lastsMs: number;
};

type Begun = { readonly state: string; readonly nonce: string; readonly challenge: string };
type Redeemed = { readonly code: string; readonly codeVerifier: string; readonly nonce: string };

/** The issuer's side of signing in. All reject with Unavailable when the issuer cannot be asked. */
export type LoginProvider = {
  readonly settings: LoginSettings;
  readonly callbackUrl: string;
  /** Where a browser is sent to sign in. */
  readonly authorizationUrl: (begun: Begun) => Promise<string>;
  /** @throws LoginRefused when an issuer's answer names another one, or none where it always does. */
  readonly checkIssuer: (iss: string | undefined) => Promise<void>;
  /** @throws LoginRefused when the code is not good, or what comes for it. */
  readonly redeem: (redeemed: Redeemed) => Promise<Vouched>;
  /** @throws LoginRefused when the issuer vouches no more for the one that this was given for. */
  readonly refresh: (refreshToken: string, subject: string) => Promise<Vouched>;
  /** Where a browser is sent to sign out there, too; undefined: the issuer has no such place. */
  readonly endSessionUrl: (idToken: string | undefined) => Promise<string | undefined>;
};

const FRESH_MS = 600_000;
/** Of a token whose end is not told. */
const USUAL_MS = 300_000;

export function createLoginProvider(settings: LoginSettings, clock: Clock): LoginProvider {
  const { issuer, clientId, scopes, origin } = settings;
  const callbackUrl = `${origin}/auth/callback`;
  // An ID token is for the client alone; what access tokens have to be does not matter for it.
  const verify = createVerifier(
    [{ ...issuer, audience: [clientId], clientId: [], tokenUse: undefined } satisfies Issuer],
    clock,
  );
  const discovered = keptDiscovery(issuer.issuer, clock);
  const ask = async (fields: Readonly<Record<string, string>>): Promise<Tokens> => {
    const about = await discovered();
    return readTokens(await postForm(endpointOf(about, "token_endpoint"), authenticated(settings, about, fields)));
  };
  return {
    settings,
    callbackUrl,
    authorizationUrl: async ({ state, nonce, challenge }) => {
      const url = new URL(endpointOf(await discovered(), "authorization_endpoint"));
      const parameters = {
        ...{ response_type: "code", client_id: clientId, redirect_uri: callbackUrl, scope: scopes.join(" ") },
        ...{ state, nonce, code_challenge: challenge, code_challenge_method: "S256" },
        // Without it, issuers give no refresh token for this scope.
        ...(scopes.includes("offline_access") ? { prompt: "consent" } : {}),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    checkIssuer: async (iss) => {
      if (iss === issuer.issuer) return;
      const always = (await discovered()).told["authorization_response_iss_parameter_supported"] === true;
      if (iss !== undefined || always)
        throw new LoginRefused(`The answer is of the issuer ${told(iss)}, expected "${issuer.issuer}".`);
    },
    redeem: async ({ code, codeVerifier, nonce }) => {
      const grant = { grant_type: "authorization_code", code, redirect_uri: callbackUrl, code_verifier: codeVerifier };
      const tokens = await ask(grant);
      const claims = await readIdToken(verify, tokens.idToken, clientId);
      if (claims["nonce"] !== nonce) throw new LoginRefused("The ID token's nonce is not the one of this sign-in.");
      return vouched(issuer, tokens, claims);
    },
    refresh: async (refreshToken, subject) => {
      const tokens = await ask({ grant_type: "refresh_token", refresh_token: refreshToken });
      const claims = await readIdToken(verify, tokens.idToken, clientId);
      if (claims["sub"] !== subject) throw new LoginRefused("The refreshed ID token is of another subject.");
      return vouched(issuer, { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }, claims);
    },
    endSessionUrl: async (idToken) => {
      const about = await discovered();
      if (about.told["end_session_endpoint"] === undefined) return undefined;
      const url = new URL(endpointOf(about, "end_session_endpoint"));
      url.searchParams.set("client_id", clientId);
      url.searchParams.set("post_logout_redirect_uri", `${origin}/`);
      if (idToken !== undefined) url.searchParams.set("id_token_hint", idToken);
      return url.href;
    },
  };
}

function keptDiscovery(issuer: string, clock: Clock): () => Promise<Discovered> {
  let kept: { readonly found: Discovered; readonly atMs: number } | undefined;
  return async () => {
    if (kept !== undefined && clock.monotonic() - kept.atMs < FRESH_MS) return kept.found;
    const found = await discover(issuer);
    kept = { found, atMs: clock.monotonic() };
    return found;
  };
}

function authenticated({ clientId, secret }: LoginSettings, { told: about }: Discovered, fields: Form["fields"]): Form {
  if (secret === undefined) return { fields: { ...fields, client_id: clientId }, authorization: undefined };
  const methods = about["token_endpoint_auth_methods_supported"];
  if (methods !== undefined && !textsOf(methods).includes("client_secret_basic")) {
    const all = { ...fields, client_id: clientId, client_secret: secret.reveal() };
    return { fields: all, authorization: undefined };
  }
  const pair = [clientId, secret.reveal()].map(formEncoded).join(":");
  return { fields, authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** As RFC 6749 has it: each of the two as a form would send it. */
function formEncoded(text: string): string {
  return new URLSearchParams({ _: text }).toString().slice(2);
}

type Tokens = {
  readonly idToken: string;
  readonly refreshToken: string | undefined;
  readonly lastsMs: number;
};

function readTokens({ status, body }: Answer): Tokens {
  const answer: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  if (status !== 200) throw new LoginRefused(`The issuer refuses it with ${told(answer["error"])}.`);
  const { id_token: idToken, refresh_token: refreshToken, expires_in: expiresIn } = answer;
  if (typeof idToken !== "string") throw new LoginRefused("The issuer has answered without an ID token.");
  const lasts = Number(expiresIn);
  return {
    idToken,
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
    lastsMs: Number.isFinite(lasts) && lasts > 0 ? lasts * 1000 : USUAL_MS,
  };
}

async function readIdToken(verify: Verifier<Issuer>, token: string, clientId: string): Promise<Claims> {
  const { checks, signer, claims } = await verify(token);
  const all = signer === undefined ? checks : [...checks, checkUser(claims, signer.userClaim)];
  const failed = all.find(({ ok }) => !ok);
  if (failed !== undefined) throw new LoginRefused(failed.told);
  const { azp, aud } = claims;
  if (textsOf(aud).length > 1 ? azp !== clientId : azp !== undefined && azp !== clientId)
    throw new LoginRefused(`The ID token is for the client ${told(azp)}, expected "${clientId}".`);
  return claims;
}

function vouched(issuer: Issuer, { idToken, refreshToken, lastsMs }: Tokens, claims: Claims): Vouched {
  return { person: personOf(issuer, claims), idToken, refreshToken, lastsMs };
}
