import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Logger } from "../../base/logger.ts";
import { TERMINAL_PROTOCOL } from "../../contracts/terminal.ts";
import type { Api } from "../api-env.ts";
import { refuseOnSocket } from "../refusal.ts";
import { refusedHead } from "../request-head.ts";
import type { Upgrade, Upgraded } from "./upgrade.ts";

/** What somebody types or pastes at once; more comes in several messages. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const GOING_AWAY = 1001;

/** Only what wants to be a WebSocket leaves the way of ordinary requests. */
export function wantsWebSocket(request: Pick<IncomingMessage, "headers">): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

export type Upgrades = {
  /** Tells the clients that the server stops. */
  readonly close: () => void;
  /** Breaks those that have not gone by themselves. */
  readonly terminate: () => void;
};

/** Lets the app's routes accept WebSockets; what they refuse is answered like every request. */
export function acceptUpgrades(server: Server, app: Api, logger: Logger): Upgrades {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(TERMINAL_PROTOCOL) ? TERMINAL_PROTOCOL : false),
  });
  server.on("upgrade", (request, stream, head) => {
    stream.on("error", (error) => logger.debug({ err: error }, "a connection broke while it was upgraded"));
    const refusal = refusedHead(request);
    if (refusal !== undefined) return refuseOnSocket(stream, refusal, logger);
    upgrade({ app, sockets }, { request, stream, head }).catch((error: unknown) => {
      logger.error({ err: error }, "an upgrade failed");
      stream.destroy();
    });
  });
  return {
    close: () => {
      for (const socket of sockets.clients) socket.close(GOING_AWAY, "The server stops.");
    },
    terminate: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

type Asked = { readonly request: IncomingMessage; readonly stream: Duplex; readonly head: Buffer };

async function upgrade(
  { app, sockets }: { readonly app: Api; readonly sockets: WebSocketServer },
  { request, stream, head }: Asked,
): Promise<void> {
  const left = new AbortController();
  stream.once("close", () => left.abort());
  let accepted: Upgraded | undefined;
  const asked: Upgrade = { left: left.signal, accept: (upgraded) => (accepted = upgraded) };
  const answer = await app.fetch(fetchRequest(request), { incoming: request, upgrade: asked });
  if (accepted === undefined) return refuse(stream, answer);
  // With a client that has left, or whose handshake is wrong, the route learns by the signal that nobody comes.
  sockets.handleUpgrade(request, stream, head, accepted);
}

/** Its head was judged: the target is a path, and the host a name. */
function fetchRequest({ url = "/", headers, headersDistinct }: IncomingMessage): Request {
  const entries = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), { headers: entries });
}

async function refuse(stream: Duplex, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}`];
  for (const [name, value] of answer.headers) lines.push(`${name}: ${value}`);
  lines.push(`content-length: ${body.byteLength}`, "connection: close");
  stream.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
}
