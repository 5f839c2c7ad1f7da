import { sign } from "node:crypto";
import { z } from "zod";
import { systemClock } from "../base/clock.ts";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { requestToken, textMember } from "./request-token.ts";
import type { Surroundings } from "./surroundings.ts";
import { unusable } from "./unusable.ts";

const TOKEN_URL = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const LIFE_SECONDS = 600;

const ServiceAccount = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
});
type ServiceAccount = z.output<typeof ServiceAccount>;
const Reply = z.object({ access_token: z.string().min(1) });

/**
 * A registry of Google's. The secret is the JSON of a service account's key, which never leaves this process: it signs a
 * request for a token that lives an hour. Any other secret is taken for such a token.
 */
export async function googleAuth(host: string, secret: Secret, surroundings: Surroundings): Promise<RegistryAuth> {
  const account = serviceAccount(host, secret);
  const token = account === undefined ? secret : await exchanged(account, surroundings);
  return { host, username: "oauth2accesstoken", password: token };
}

function serviceAccount(host: string, secret: Secret): ServiceAccount | undefined {
  const text = secret.reveal();
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return ServiceAccount.parse(JSON.parse(text));
  } catch {
    // What failed holds the key: it is no cause to be logged.
    throw unusable(`The key for ${host} is no JSON key of a Google service account.`, {
      hint: "Make a key of the type JSON, with client_email and private_key, and name that file.",
    });
  }
}

async function exchanged(account: ServiceAccount, surroundings: Surroundings): Promise<Secret> {
  const assertion = signedAssertion(account);
  const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  const reply = await requestToken(
    {
      url: surroundings.endpoints.google ?? TOKEN_URL,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: body.toString(),
      server: "Google",
      reason: (text) => textMember(text, "error"),
    },
    Reply,
    surroundings,
  );
  return new Secret(reply.access_token);
}

/** A JSON web token by which the service account asks for an access token. */
function signedAssertion({ client_email: email, private_key: key, private_key_id: kid }: ServiceAccount): string {
  const now = Math.floor(systemClock.now() / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(kid === undefined ? {} : { kid }) };
  const claims = { iss: email, scope: SCOPE, aud: TOKEN_URL, iat: now, exp: now + LIFE_SECONDS };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  try {
    return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
  } catch {
    throw unusable(`The private key of ${email} cannot sign.`, {
      hint: "Make a new JSON key for that service account; the old one may have been cut.",
    });
  }
}
