import type { Shown } from "../contracts/admission.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** A page cannot give a WebSocket headers, only names of protocols. */
const BEARER_PROTOCOL = /(?:^|,)\s*moorage\.bearer\.([\w.~+/-]+=*)\s*(?:,|$)/;

/** What a request shows of who sends it. */
export function shownBy({ headers }: Request): Shown {
  const isUpgrade = headers.get("upgrade")?.toLowerCase() === "websocket";
  const protocols = isUpgrade ? (headers.get("sec-websocket-protocol") ?? "") : "";
  const [, bearer] = BEARER.exec(headers.get("authorization") ?? "") ?? BEARER_PROTOCOL.exec(protocols) ?? [];
  return { bearer, header: (name) => headers.get(name) ?? undefined };
}
