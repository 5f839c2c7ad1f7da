import { told, type Claims } from "./claims.ts";

const MAX_CHARACTERS = 16_384;
const PART = /^[A-Za-z0-9_-]+$/;
/** `typ`, in lower case; what says to be something else, such as a logout token, is no key to anything. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt", "application/at+jwt", "application/jwt"];

export type ReadToken = { readonly header: Claims; readonly claims: Claims };

/** Whether something shown may be meant as a token: an API key has no dots. */
export function looksLikeToken(text: string): boolean {
  return text.split(".", 3).length === 3;
}

/** A token's parts, of which nothing is true yet; else a sentence that says what is wrong with its form. */
export function readToken(token: string): ReadToken | string {
  if (token.length > MAX_CHARACTERS) {
    return `The token has ${token.length} characters, expected at most ${MAX_CHARACTERS}.`;
  }
  const parts = token.split(".");
  if (parts.length !== 3) return `The token has ${parts.length} parts, expected the three of a signed JWT.`;
  const [head = "", body = ""] = parts;
  const header = readPart(head);
  if (header === undefined) return "The token's header is no JSON object in base64url.";
  const claims = readPart(body);
  if (claims === undefined) return "The token's payload is no JSON object in base64url.";
  const { typ, crit } = header;
  if (!TYPES.includes(typeof typ === "string" ? typ.toLowerCase() : typ)) {
    return `The token is of the type ${told(typ)}, expected JWT or at+jwt.`;
  }
  if (crit !== undefined) return `The token asks for the extensions ${told(crit)}, and none is known here.`;
  return { header, claims };
}

function readPart(text: string): Claims | undefined {
  if (!PART.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
