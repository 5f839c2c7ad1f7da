import { MoorageError } from "../../../base/errors.ts";
import { parseSshAddress, sshName, type SshTarget } from "./ssh-target.ts";

/** What a TLS connection is proven with: PEM texts. */
export type TlsFiles = { readonly ca: string; readonly cert?: string; readonly key?: string };

/** Where the engine listens. */
export type DockerEndpoint =
  /** A unix socket, or a named pipe of Windows. */
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls?: TlsFiles }
  | { readonly ssh: SshTarget };

export const DEFAULT_SOCKET = "/var/run/docker.sock";
export const DEFAULT_PIPE = "//./pipe/docker_engine";
const DEFAULT_PORT = 2375;
const PIPE = /^\/\/[^/]+\/pipe\/[^/]+$/;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;
const EXPECTED = "unix:///path, npipe:////./pipe/name, tcp://host:port or ssh://user@host";

/**
 * What an address of an engine means, as in DOCKER_HOST; undefined or empty is the default socket. `name` is what
 * messages call the value.
 */
export function parseDockerHost(value: string | undefined, name = "DOCKER_HOST"): DockerEndpoint {
  if (value === undefined || value === "") return { socketPath: DEFAULT_SOCKET };
  const match = /^([a-z]+):\/\/(.+)$/.exec(value);
  const scheme = match?.[1];
  const rest = match?.[2] ?? "";
  const endpoint = scheme === undefined ? undefined : endpointOf(scheme, rest);
  if (endpoint !== undefined) return endpoint;
  throw new MoorageError("INVALID_INPUT", `${name} is "${value}"; expected ${EXPECTED}.`);
}

function endpointOf(scheme: string, rest: string): DockerEndpoint | undefined {
  if (scheme === "unix") return rest.startsWith("/") ? { socketPath: rest } : undefined;
  if (scheme === "npipe") return pipeEndpoint(rest);
  if (scheme === "ssh") {
    const ssh = parseSshAddress(rest, DEFAULT_SOCKET);
    return ssh === undefined ? undefined : { ssh };
  }
  return ["tcp", "http", "https"].includes(scheme) ? tcpEndpoint(rest) : undefined;
}

/** Both ways in which people write `\\server\pipe\name`. */
function pipeEndpoint(rest: string): DockerEndpoint | undefined {
  const path = rest.replaceAll("\\", "/");
  return PIPE.test(path) ? { socketPath: path } : undefined;
}

function tcpEndpoint(rest: string): DockerEndpoint | undefined {
  const url = URL.parse(`http://${rest}`);
  if (url === null || url.hostname === "" || url.username !== "" || url.search !== "" || url.pathname !== "/") {
    return undefined;
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? portOf(rest) : Number(url.port) };
}

// URL leaves out port 80, the default of http.
function portOf(rest: string): number {
  return /:80\/?$/.test(rest) ? 80 : DEFAULT_PORT;
}

/** The endpoint as people write it. */
export function endpointName(endpoint: DockerEndpoint): string {
  if ("ssh" in endpoint) return sshName(endpoint.ssh);
  if ("socketPath" in endpoint) {
    const { socketPath } = endpoint;
    return PIPE.test(socketPath) ? `npipe://${socketPath}` : `unix://${socketPath}`;
  }
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}

/** Whether the engine certainly is on another machine, with directories of its own. */
export function isRemote(endpoint: DockerEndpoint): boolean {
  return "ssh" in endpoint || ("host" in endpoint && !isLoopback(endpoint.host));
}

/** Whether an address never leaves this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
