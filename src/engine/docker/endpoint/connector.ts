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
    const { host, port, tls } = endpoint;
    if (tls === undefined) return httpRequest({ ...options, agent: false, host, port });
    // The name to be proven, which would be taken from the Host header; for an address it goes without saying.
    const servername = isIP(host) === 0 ? host : "";
    return httpsRequest({ ...options, agent: false, host, port, ...tls, servername, rejectUnauthorized: true });
  };
  return { open: () => Promise.resolve(begin), [Symbol.asyncDispose]: () => Promise.resolve() };
}
