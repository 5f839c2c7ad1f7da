import type { ApiEnv } from "./api-env.ts";
import type { Shown } from "../contracts/admission.ts";
import { sessionOf } from "./sign-in/own-page.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** A page cannot give a WebSocket headers, only names of protocols. */
const BEARER_PROTOCOL = /(?:^|,)\s*moorage\.bearer\.([\w.~+/-]+=*)\s*(?:,|$)/;

type Sent = { readonly req: { readonly raw: Request }; readonly env?: ApiEnv["Bindings"] | undefined };

/** What a request shows of who sends it. `origin`: the server's own, where browsers have sessions. */
export function shownBy({ req: { raw }, env }: Sent, origin?: string): Shown {
  const header = (name: string): string | undefined => raw.headers.get(name) ?? undefined;
  const isUpgrade = header("upgrade")?.toLowerCase() === "websocket";
  const protocols = isUpgrade ? (header("sec-websocket-protocol") ?? "") : "";
  const [, bearer] = BEARER.exec(header("authorization") ?? "") ?? BEARER_PROTOCOL.exec(protocols) ?? [];
  const shown = { bearer, header, address: env?.incoming?.socket.remoteAddress };
  // What it shows on purpose goes before what its browser adds.
  if (bearer !== undefined || origin === undefined) return shown;
  return { ...shown, session: sessionOf(raw, origin) };
}
