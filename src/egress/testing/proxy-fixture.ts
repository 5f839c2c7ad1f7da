import { once } from "node:events";
import { createServer as createHttpServer, request, type IncomingMessage } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { silentLogger } from "../../base/logger.ts";
import { parseAllowList } from "../allow-list.ts";
import type { Decision } from "../decision.ts";
import { openProxy, type Proxy } from "../proxy.ts";
import type { Reach } from "../reach.ts";

/** TLS by a shared key: real hellos and real encryption, without certificates. */
const TLS = { ciphers: "PSK", maxVersion: "TLSv1.2", minVersion: "TLSv1.2" } as const;
const KEY = Buffer.from("a key that both sides share");

export type ProxyFixture = AsyncDisposable & {
  readonly proxy: Proxy;
  readonly decisions: readonly Decision[];
  /** The list that the proxy finds from now on; undefined: the unit is gone. */
  allow: (list: string | undefined) => void;
};

/** A proxy whose names all lead to this machine, whose addresses count as public here. */
export async function openProxyFixture(list: string, reach: Partial<Reach> = {}): Promise<ProxyFixture> {
  const decisions: Decision[] = [];
  let current: string | undefined = list;
  const proxy = await openProxy({
    entrance: { host: "127.0.0.1", port: 0, isUnit: (address) => address === "127.0.0.1" },
    rules: {
      allowed: () => Promise.resolve(current === undefined ? undefined : parseAllowList(current)),
      record: (decision) => void decisions.push(decision),
    },
    reach: { resolve: () => Promise.resolve(["127.0.0.1"]), isPublic: (address) => address === "127.0.0.1", ...reach },
    logger: silentLogger,
  });
  return {
    proxy,
    decisions,
    allow: (next) => void (current = next),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

export type Upstream = AsyncDisposable & { readonly port: number };

/** A web server that tells what it was asked. */
export function openWeb(): Promise<Upstream> {
  return listening(
    createHttpServer((asked, response) => {
      const answer = async (): Promise<void> => {
        const { method, url, rawHeaders } = asked;
        const body = await text(asked);
        response.setHeader("x-from", "upstream").end(JSON.stringify({ method, url, rawHeaders, body }));
      };
      void answer();
    }),
  );
}

/** A TLS server that echoes. */
export function openTlsEcho(): Promise<Upstream> {
  return listening(
    createTlsServer({ ...TLS, pskCallback: () => KEY, pskIdentityHint: "test" }, (socket) => {
      socket.on("error", () => socket.destroy());
      socket.pipe(socket);
    }),
  );
}

/** A server that hands over its connections. */
export function openTcp(onConnection: (socket: Socket) => void): Promise<Upstream> {
  return listening(createTcpServer({ allowHalfOpen: true }, onConnection));
}

async function listening(server: Server): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export type Tunnel = { readonly status: number; readonly socket: Socket; readonly body: () => Promise<string> };

/** Asks the proxy for a tunnel. */
export async function connectThrough(proxy: Proxy, target: string): Promise<Tunnel> {
  const asking = request({ host: "127.0.0.1", port: proxy.port, method: "CONNECT", path: target, agent: false });
  asking.end();
  const [response, socket, head] = (await once(asking, "connect")) as [IncomingMessage, Socket, Buffer];
  socket.on("error", () => socket.destroy());
  const body = async (): Promise<string> => head.toString() + (await text(socket));
  return { status: response.statusCode ?? 0, socket, body };
}

/** Says hello by TLS on a tunnel, sends a text, and answers what comes back. */
export async function echoThrough(socket: Socket, servername: string, message: string): Promise<string> {
  const secure = await secureThrough(socket, servername);
  secure.end(message);
  return text(secure);
}

/** TLS on a tunnel, once both sides have agreed. */
export async function secureThrough(socket: Socket, servername: string): Promise<TLSSocket> {
  const options = { ...TLS, pskCallback: () => ({ psk: KEY, identity: "test" }), checkServerIdentity: () => undefined };
  const secure = connectTls({ ...options, socket, ...(servername === "" ? {} : { servername }) });
  await once(secure, "secureConnect");
  secure.on("error", () => secure.destroy());
  return secure;
}

/** A request in the form that proxies take; answers status and body. */
export async function getThrough(
  proxy: Proxy,
  target: string,
  wish: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<{ readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }> {
  const asking = request({
    host: "127.0.0.1",
    port: proxy.port,
    path: target,
    agent: false,
    method: wish.body === undefined ? "GET" : "POST",
    headers: wish.headers ?? {},
  });
  asking.end(wish.body);
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}
