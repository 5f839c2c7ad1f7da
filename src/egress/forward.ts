import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { Refused } from "./decision.ts";
import type { Gate } from "./gate.ts";
import type { Destination } from "./reach.ts";

const HTTP_PORT = 80;
/** Of one connection alone, and never passed on. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Passes a plain HTTP request on. Heads are written anew, with the host of the request's own target, and each request
 * has a connection of its own: nothing that follows on the client's connection gets past the rules.
 */
export async function forwardRequest(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(request.url ?? "");
  if (target === undefined) {
    refuse(response, new Refused(400, "this is a proxy: it takes CONNECT, and http:// targets in full"));
    return;
  }
  await gate.pass(
    target,
    async ({ host, port }, connect) => {
      const socket = await connect();
      passOn(request, response, { socket, path: target.path, host: port === HTTP_PORT ? host : `${host}:${port}` });
      return socket;
    },
    (refused) => refuse(response, refused),
  );
}

type Target = Destination & { readonly path: string };

function targetOf(url: string): Target | undefined {
  const [, host, port, path = ""] = /^http:\/\/([^/?#@:\s]+)(?::(\d{1,5}))?([/?][^#\s]*)?$/i.exec(url) ?? [];
  if (host === undefined) return undefined;
  return { host, port: port === undefined ? HTTP_PORT : Number(port), path: path.startsWith("/") ? path : `/${path}` };
}

type Onward = { readonly socket: Socket; readonly path: string; readonly host: string };

function passOn(request: IncomingMessage, response: ServerResponse, { socket, path, host }: Onward): void {
  const upstream = httpRequest({
    createConnection: () => socket,
    method: request.method,
    path,
    headers: { ...onwardHeaders(request), ...framing(request), host, connection: "close" },
    setHost: false,
  });
  // Who leaves takes the other side down.
  response.on("close", () => upstream.destroy());
  pipeline(request, upstream, () => undefined);
  upstream.on("error", (error) => refuse(response, new Refused(502, `the answer broke off: ${error.message}`)));
  upstream.on("response", (answer) => passBack(answer, response, upstream));
}

function passBack(answer: IncomingMessage, response: ServerResponse, upstream: ClientRequest): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, onwardHeaders(answer));
  pipeline(answer, response, () => void upstream.destroy());
}

/** The headers without those of one connection, in which `Connection` may name more. */
function onwardHeaders({ rawHeaders, headers }: IncomingMessage): Record<string, string[]> {
  const dropped = new Set((headers.connection ?? "").toLowerCase().split(/\s*,\s*/));
  const kept: Record<string, string[]> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    if (HOP_BY_HOP.has(name) || dropped.has(name) || name === "host") continue;
    (kept[name] ??= []).push(rawHeaders[at + 1] ?? "");
  }
  return kept;
}

function framing({ headers }: IncomingMessage): Record<string, string> {
  return headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" };
}

function refuse(response: ServerResponse, { status, message }: Refused): void {
  if (response.headersSent) return void response.destroy();
  response.statusCode = status;
  response.setHeader("content-type", "text/plain; charset=utf-8").setHeader("connection", "close");
  response.end(`Moorage: ${message}.\n`);
}
