import { MoorageError } from "../../../base/errors.ts";

/** Where the engine listens. */
export type DockerEndpoint = { readonly socketPath: string } | { readonly host: string; readonly port: number };

const DEFAULT_SOCKET = "/var/run/docker.sock";
const DEFAULT_PORT = 2375;

/** What a value of DOCKER_HOST means; undefined or empty is the default socket. */
export function parseDockerHost(value: string | undefined): DockerEndpoint {
  if (value === undefined || value === "") return { socketPath: DEFAULT_SOCKET };
  const match = /^([a-z]+):\/\/(.+)$/.exec(value);
  const scheme = match?.[1];
  const rest = match?.[2] ?? "";
  if (scheme === "unix" && rest.startsWith("/")) return { socketPath: rest };
  if (scheme === "npipe") return { socketPath: rest };
  if (scheme === "tcp" || scheme === "http") return tcpEndpoint(value, rest);
  if (scheme === "ssh" || scheme === "https") {
    throw new MoorageError("ENGINE_UNSUPPORTED", `DOCKER_HOST is "${value}": ${scheme} is not supported.`, {
      hint: "Forward the engine's socket, for example with `ssh -L`, and name it as unix:///path or tcp://127.0.0.1:port.",
    });
  }
  throw invalid(value);
}

function tcpEndpoint(value: string, rest: string): DockerEndpoint {
  const url = URL.parse(`http://${rest}`);
  if (url === null || url.hostname === "" || url.username !== "" || url.search !== "") throw invalid(value);
  if (url.pathname !== "/") throw invalid(value);
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? portOf(rest) : Number(url.port) };
}

// URL leaves out port 80, the default of http.
function portOf(rest: string): number {
  return /:80\/?$/.test(rest) ? 80 : DEFAULT_PORT;
}

function invalid(value: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `DOCKER_HOST is "${value}"; expected unix:///path or tcp://host:port.`);
}

/** The endpoint as people write it. */
export function endpointName(endpoint: DockerEndpoint): string {
  if ("socketPath" in endpoint) return `unix://${endpoint.socketPath}`;
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}
