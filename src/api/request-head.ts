import type { IncomingMessage } from "node:http";
import { MoorageError } from "../base/errors.ts";
import type { Refusal } from "./refusal.ts";

const MAX_HEADERS = 100;

/** Headers that say one thing: two of them would be read one way here, and another by what stands before this server. */
const SINGLE = new Set([
  ...["authorization", "content-length", "content-range", "content-type", "host", "idempotency-key", "last-event-id"],
  ...["origin", "range", "transfer-encoding", "x-request-id"],
]);

/**
 * What is wrong with a request's head, by HTTP's own rules. An absolute address becomes its path, where it is that of
 * the host.
 */
export function refusedHead(incoming: IncomingMessage): Refusal | undefined {
  const { rawHeaders, headers } = incoming;
  const count = rawHeaders.length / 2;
  if (count > MAX_HEADERS) return tooMany(count);
  const twice = duplicate(rawHeaders);
  if (twice !== undefined) return bad(`${twice}: expected once, got it several times.`, "Send the header once.");
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked") {
    return bad(`transfer-encoding: expected chunked, got ${JSON.stringify(encoding)}.`, "Send the body as it is.");
  }
  return refusedHost(incoming) ?? refusedTarget(incoming);
}

function duplicate(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? "";
    if (SINGLE.has(name) && seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function refusedHost({ headers: { host }, httpVersion }: IncomingMessage): Refusal | undefined {
  const hint = "Send the server's own name or address.";
  if (host === undefined) return httpVersion === "1.0" ? undefined : bad("host: expected the header, got none.", hint);
  if (isHost(host)) return undefined;
  return bad(`host: expected a name or an address, got ${JSON.stringify(host)}.`, hint);
}

function isHost(host: string): boolean {
  if (!/^[^\s/?#@\\]+$/.test(host) || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  // Another spelling of an address, such as 0x7f.1, would be taken for a name elsewhere.
  return host.replace(/:\d*$/, "").toLowerCase() === hostname;
}

function refusedTarget(incoming: IncomingMessage): Refusal | undefined {
  const { url = "", headers } = incoming;
  const hint = "Ask for a path of this server, such as /v1/sandboxes.";
  const [, authority, rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const path = authority === undefined ? url : rest.startsWith("/") ? rest : `/${rest}`;
  if (!path.startsWith("/")) return bad(`The request's target: expected a path, got ${shown(url)}.`, hint);
  if (authority !== undefined && authority.toLowerCase() !== headers.host?.toLowerCase()) {
    return bad(`The request's target: expected the host of its header, got ${shown(url)}.`, hint);
  }
  if (/^[^?]*\\/.test(path)) return bad(`The request's target: expected no backslash, got ${shown(path)}.`, hint);
  incoming.url = path;
  return undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function bad(message: string, hint: string): Refusal {
  return { status: "400 Bad Request", error: new MoorageError("INVALID_INPUT", message, { hint }) };
}

function tooMany(count: number): Refusal {
  const message = `The request's headers: expected at most ${MAX_HEADERS}, got ${count}.`;
  const options = { hint: "Leave out headers that say nothing here.", details: { maxHeaders: MAX_HEADERS } };
  return {
    status: "431 Request Header Fields Too Large",
    error: new MoorageError("INVALID_INPUT", message, options),
  };
}
