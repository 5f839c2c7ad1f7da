import { createHash, timingSafeEqual } from "node:crypto";
import { TransportError } from "../transport-error.ts";
import { cookieOf, SESSION_COOKIE } from "./cookies.ts";

/** What pages of this server send with their calls; no other page can, without being asked for its origin first. */
const CALL_HEADER = "x-moorage-csrf";
/** What is shown to a person as a page of this server, and so must never be something of a sandbox. */
const SHOWN = new Set(["document", "iframe", "frame", "embed", "object"]);

/**
 * The session that a request of a page of this server shows; undefined: its browser has none.
 * @throws INVALID_INPUT with status 403 when nothing proves that such a page sends it.
 */
export function sessionOf(request: Request, origin: string): string | undefined {
  const session = cookieOf(request, SESSION_COOKIE);
  if (session === undefined) return undefined;
  const { headers } = request;
  const isRead = request.method === "GET" || request.method === "HEAD";
  const from = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (isForeign(request, origin)) throw refused(`it comes from ${from ?? `a page that is ${site}`}`);
  if (SHOWN.has(headers.get("sec-fetch-dest") ?? "")) throw refused("its answer would be shown as a page");
  if (isRead ? site === null && from === null && !headers.has(CALL_HEADER) : from === null)
    throw refused("it does not say from which page it comes");
  if (!isRead && !headers.has(CALL_HEADER)) throw refused(`it has no header ${CALL_HEADER}`);
  return session;
}

/** Whether a page of another origin, or of nobody knows which, sends it. */
export function isForeign({ headers }: Request, origin: string): boolean {
  const from = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  return (from !== null && from !== origin) || (site !== null && site !== "same-origin");
}

/** What the form of this session's pages has, which is known to nobody else. */
export function formToken(session: string): string {
  return createHash("sha256").update(`form of ${session}`).digest("base64url");
}

export function isFormToken(shown: unknown, session: string): boolean {
  const [given, expected] = [Buffer.from(String(shown)), Buffer.from(formToken(session))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function refused(why: string): TransportError {
  return new TransportError(403, `The request is not taken by the browser's session: ${why}.`, {
    hint: `From pages of this server, send the header ${CALL_HEADER}: 1; from elsewhere, send a key.`,
  });
}
