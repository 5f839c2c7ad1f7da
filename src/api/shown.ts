import type { Shown } from "../contracts/admission.ts";
import { sessionOf } from "./sign-in/own-page.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** A page cannot give a WebSocket headers, only names of protocols. */
const BEARER_PROTOCOL = /(?:^|,)\s*moorage\.bearer\.([\w.~+/-]+=*)\s*(?:,|$)/;

/** What a request shows of who sends it. `origin`: the server's own, where browsers have sessions. */
export function shownBy(request: Request, origin?: string): Shown {
  const { headers } = request;
  const header = (name: string): string | undefined => headers.get(name) ?? undefined;
  const isUpgrade = header("upgrade")?.toLowerCase() === "websocket";
  const protocols = isUpgrade ? (header("sec-websocket-protocol") ?? "") : "";
  const [, bearer] = BEARER.exec(header("authorization") ?? "") ?? BEARER_PROTOCOL.exec(protocols) ?? [];
  // What it shows on purpose goes before what its browser adds.
  if (bearer !== undefined || origin === undefined) return { bearer, header };
  return { bearer, header, session: sessionOf(request, origin) };
}
