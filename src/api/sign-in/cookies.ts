import { MoorageError } from "../../base/errors.ts";

/** The prefix has browsers take it from this host alone, by TLS or from the machine itself, for all its paths. */
export const SESSION_COOKIE = "__Host-moorage";
/** Of a browser that is about to sign in. */
export const BEGUN_COOKIE = "__Host-moorage-login";

/**
 * The value of the one cookie of exactly this name; undefined: there is none.
 * @throws UNAUTHENTICATED when there are several: one of them may be somebody else's.
 */
export function cookieOf(request: Request, name: string): string | undefined {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  if (values.length < 2) return values[0];
  throw new MoorageError("UNAUTHENTICATED", `The request has ${values.length} cookies ${name}, expected one.`, {
    hint: "Remove the cookies of this site in the browser, and sign in again.",
  });
}

/** `lastsMs` 0: the browser forgets it. Lax, for browsers come back from the issuer by following a link of its site. */
export function setCookie(name: string, value: string, lastsMs: number): string {
  const seconds = Math.floor(lastsMs / 1000);
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${seconds}`;
}
