import { isoTime } from "../base/clock.ts";
import { claimOf, textsOf, told, type Claims } from "./claims.ts";
import type { Signer } from "./issuer.ts";

export type CheckName = "form" | "issuer" | "algorithm" | "signature" | "audience" | "use" | "time" | "user";

/** One thing that was asked of a token. */
export type TokenCheck = {
  readonly check: CheckName;
  readonly ok: boolean;
  /** A sentence: what was found, and where that is wrong what was expected. */
  readonly told: string;
};

/** How far the clocks of an issuer and of this machine may be apart. */
const TOLERANCE_MS = 30_000;
/** Later than that is no date. */
const LAST_SECOND = 8_640_000_000_000;

/** What must hold of each token of a signer, whoever's it is. */
export function checkClaims(claims: Claims, signer: Signer, nowMs: number): TokenCheck[] {
  const checks: TokenCheck[] = [];
  if (signer.audience.length > 0) checks.push(checkAudience(claims, signer.audience));
  if (signer.clientId.length > 0) checks.push(checkClient(claims, signer.clientId));
  if (signer.tokenUse !== undefined) checks.push(checkUse(claims, signer.tokenUse));
  return [...checks, checkTimes(claims, nowMs)];
}

function checkAudience({ aud }: Claims, expected: readonly string[]): TokenCheck {
  const ok = textsOf(aud).some((each) => expected.includes(each));
  return { check: "audience", ok, told: outcome(ok, `The token is for the audience ${told(aud)}`, expected) };
}

/** Access tokens have `client_id` (Cognito, RFC 9068) or `azp` (Keycloak, Auth0); an ID token is for its client. */
function checkClient(claims: Claims, expected: readonly string[]): TokenCheck {
  const client = claims["client_id"] ?? claims["azp"] ?? claims["aud"];
  const ok = textsOf(client).some((each) => expected.includes(each));
  return { check: "audience", ok, told: outcome(ok, `The token is for the client ${told(client)}`, expected) };
}

function checkUse({ token_use: use }: Claims, expected: string): TokenCheck {
  const ok = use === expected;
  return { check: "use", ok, told: outcome(ok, `The token has the token_use ${told(use)}`, [expected]) };
}

function checkTimes({ exp, nbf, iat }: Claims, nowMs: number): TokenCheck {
  const failed = (text: string): TokenCheck => ({ check: "time", ok: false, told: text });
  for (const [name, value] of [
    ["exp", exp],
    ["iat", iat],
  ] as const) {
    if (value === undefined) return failed(`The token has no ${name}, which is required.`);
  }
  for (const [name, value] of Object.entries({ exp, iat, nbf: nbf ?? 0 })) {
    if (!isTime(value)) return failed(`The token's ${name} is ${told(value)}, expected seconds since 1970.`);
  }
  const [ends, issued, starts] = [exp, iat, nbf ?? 0].map((each) => Number(each) * 1000) as [number, number, number];
  const now = isoTime(nowMs);
  if (ends + TOLERANCE_MS <= nowMs) return failed(`The token expired at ${isoTime(ends)}; it is ${now}.`);
  if (starts - TOLERANCE_MS > nowMs) return failed(`The token is not valid before ${isoTime(starts)}; it is ${now}.`);
  if (issued - TOLERANCE_MS > nowMs) {
    return failed(`The token says that it was issued at ${isoTime(issued)}, later than now, ${now}.`);
  }
  return { check: "time", ok: true, told: `The token is valid until ${isoTime(ends)}.` };
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= LAST_SECOND;
}

/** The name that the token's user goes by, of the claim that says it. */
export function checkUser(claims: Claims, userClaim: string): TokenCheck {
  const failed = (text: string): TokenCheck => ({ check: "user", ok: false, told: text });
  for (const name of new Set(["sub", userClaim])) {
    const value = claimOf(claims, name);
    if (value === undefined) return failed(`The token has no ${name}, which is required.`);
    if (typeof value !== "string" || value === "" || value.length > 1000) {
      return failed(`The token's ${name} is ${told(value)}, expected a text of 1 to 1000 characters.`);
    }
  }
  return { check: "user", ok: true, told: `The token is of ${told(claimOf(claims, userClaim))}.` };
}

function outcome(ok: boolean, found: string, expected: readonly string[]): string {
  return ok ? `${found}.` : `${found}, expected ${expected.map((each) => JSON.stringify(each)).join(" or ")}.`;
}
