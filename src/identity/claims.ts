import type { Issuer, Person, RoleRule } from "./issuer.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** A claim by its name, else by a path with dots such as `realm_access.roles`: names may have dots of their own. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** The texts of a claim that is one, or a list of some. */
export function textsOf(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each) => typeof each === "string");
}

function roleOf(claims: Claims, { claim, admin, viewer }: RoleRule): "admin" | "member" | "viewer" {
  const held = textsOf(claimOf(claims, claim));
  if (held.some((each) => admin.includes(each))) return "admin";
  return held.some((each) => viewer.includes(each)) ? "viewer" : "member";
}

/** Whom claims are of that have been checked. */
export function personOf(source: Issuer, claims: Claims): Person {
  const { userClaim, roleFrom } = source;
  return {
    source,
    subject: String(claims["sub"]),
    called: String(claimOf(claims, userClaim)),
    role: roleFrom === undefined ? undefined : roleOf(claims, roleFrom),
  };
}

const MOST_SHOWN = 200;

/** What a token says, for a message: its text in quotes, shortened. */
export function told(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
