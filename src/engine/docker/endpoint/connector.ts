import { request as httpRequest, type ClientRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import type { DockerEndpoint } from "./endpoint.ts";
import { createSshTunnel } from "./ssh-tunnel.ts";

/** Begins a request on a connection of its own. */
export type BeginRequest = (options: RequestOptions) => ClientRequest;

/** The way to an engine. */
export type Connector = AsyncDisposable & {
  /** Opens the way, where it is not open; rejects with why it cannot be. */
  readonly open: () => Promise<BeginRequest>;
};

/** In silence for so long, the other machine is asked whether it is still there; ten seconds without a word end it. */
const KEEP_ALIVE_MS = 15_000;

/** Making it touches nothing; the first request connects. */
export function createConnector(endpoint: DockerEndpoint): Connector {
  if ("ssh" in endpoint) {
    const tunnel = createSshTunnel(endpoint.ssh);
    return {
      open: async () => {
        const socketPath = await tunnel.socketPath();
        return (options) => httpRequest({ ...options, agent: false, socketPath });
      },
      [Symbol.asyncDispose]: () => tunnel[Symbol.asyncDispose](),
    };
  }
  const begin: BeginRequest = (options) => {
    if ("socketPath" in endpoint) return httpRequest({ ...options, agent: false, socketPath: endpoint.socketPath });
    const sent = overTcp(endpoint, options);
    sent.setSocketKeepAlive(true, KEEP_ALIVE_MS);
    return sent;
  };
  return { open: () => Promise.resolve(begin), [Symbol.asyncDispose]: () => Promise.resolve() };
}

type TcpEndpoint = Extract<DockerEndpoint, { readonly host: string }>;

function overTcp({ host, port, tls }: TcpEndpoint, options: RequestOptions): ClientRequest {
  if (tls === undefined) return httpRequest({ ...options, agent: false, host, port });
  // The name to be proven, which would be taken from the Host header; for an address it goes without saying.
  const servername = isIP(host) === 0 ? host : "";
  return httpsRequest({ ...options, agent: false, host, port, ...tls, servername, rejectUnauthorized: true });
}
