import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import { contextEndpoint, currentContext, DEFAULT_CONTEXT } from "./docker-context.ts";
import {
  DEFAULT_PIPE,
  DEFAULT_SOCKET,
  endpointName,
  isLoopback,
  parseDockerHost,
  type DockerEndpoint,
} from "./endpoint.ts";
import { readTlsFiles } from "./tls-files.ts";

/** What decides where the engine is; every member as the environment variable or setting of its kind has it. */
export type EndpointWish = {
  /** DOCKER_HOST. */
  readonly host?: string | undefined;
  /** DOCKER_CONTEXT. */
  readonly context?: string | undefined;
  /** DOCKER_TLS_VERIFY. */
  readonly tlsVerify?: boolean | undefined;
  /** DOCKER_CERT_PATH. @default configDirectory */
  readonly certPath?: string | undefined;
  /** DOCKER_CONFIG, usually `~/.docker`. */
  readonly configDirectory: string;
  /** XDG_RUNTIME_DIR, where engines without root rights listen. */
  readonly runtimeDirectory?: string | undefined;
  /** Allows TCP without TLS to other machines. @default false */
  readonly allowPlainTcp?: boolean | undefined;
  /** SSH configuration to read instead of the user's. */
  readonly sshConfig?: string | undefined;
  /** @default process.platform */
  readonly system?: NodeJS.Platform | undefined;
  /** @default /var/run/docker.sock */
  readonly usualSocket?: string | undefined;
};

export type ChosenEndpoint = {
  readonly endpoint: DockerEndpoint;
  /** Why this one, for people, such as `DOCKER_HOST`. */
  readonly reason: string;
  /** True when somebody asked for it; false when it was found. */
  readonly asked: boolean;
};

/** The engine's address, in the order that the docker command keeps: DOCKER_HOST, DOCKER_CONTEXT, its current context, what is there. */
export async function chooseEndpoint(wish: EndpointWish): Promise<ChosenEndpoint> {
  const chosen = await choose(wish);
  const endpoint = await secured(chosen.endpoint, wish);
  return { ...chosen, endpoint: withSshConfig(endpoint, wish.sshConfig) };
}

async function choose(wish: EndpointWish): Promise<ChosenEndpoint> {
  const { host, context, configDirectory } = wish;
  if (isGiven(host)) return { endpoint: parseDockerHost(host), reason: "DOCKER_HOST", asked: true };
  const named = isGiven(context) ? context : undefined;
  const name = named ?? (await currentContext(configDirectory)) ?? DEFAULT_CONTEXT;
  if (name === DEFAULT_CONTEXT) return found(wish);
  const source = named === undefined ? `the current one in ${join(configDirectory, "config.json")}` : "DOCKER_CONTEXT";
  const endpoint = await contextEndpoint(configDirectory, name);
  return { endpoint, reason: `the Docker context "${name}" (${source})`, asked: true };
}

type Candidate = { readonly socketPath: string; readonly reason: string };

/** The first socket that this user may use, else the first that is there, else the usual one. */
async function found(wish: EndpointWish): Promise<ChosenEndpoint> {
  const { runtimeDirectory, system = process.platform, usualSocket = DEFAULT_SOCKET } = wish;
  if (system === "win32") return { endpoint: { socketPath: DEFAULT_PIPE }, reason: "the usual pipe", asked: false };
  const own = (path: string, reason: string): Candidate[] =>
    isGiven(runtimeDirectory) ? [{ socketPath: join(runtimeDirectory, path), reason }] : [];
  const usual: Candidate = { socketPath: usualSocket, reason: "the usual socket" };
  const candidates = [
    usual,
    ...own("docker.sock", "this user's rootless Docker"),
    ...own("podman/podman.sock", "this user's Podman"),
    { socketPath: "/run/podman/podman.sock", reason: "the system's Podman" },
  ];
  const usable = await first(candidates, constants.W_OK);
  const { socketPath, reason } = usable ?? (await first(candidates, constants.F_OK)) ?? usual;
  return { endpoint: { socketPath }, reason, asked: false };
}

async function first(candidates: readonly Candidate[], mode: number): Promise<Candidate | undefined> {
  for (const candidate of candidates) {
    const can = await access(candidate.socketPath, mode).then(
      () => true,
      () => false,
    );
    if (can) return candidate;
  }
  return undefined;
}

/** A port that anybody on the way could read and use is refused, unless that was allowed. */
async function secured(endpoint: DockerEndpoint, wish: EndpointWish): Promise<DockerEndpoint> {
  if (!("host" in endpoint) || endpoint.tls !== undefined) return endpoint;
  if (wish.tlsVerify === true) {
    const tls = await readTlsFiles(wish.certPath ?? wish.configDirectory, "DOCKER_CERT_PATH");
    return { ...endpoint, tls };
  }
  if (isLoopback(endpoint.host) || wish.allowPlainTcp === true) return endpoint;
  const message = `The engine at ${endpointName(endpoint)} would be used without TLS: who reads that network owns its machine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use ssh://; MOORAGE_DOCKER_PLAIN_TCP=1 allows it all the same.",
  });
}

function withSshConfig(endpoint: DockerEndpoint, configFile: string | undefined): DockerEndpoint {
  if (!("ssh" in endpoint) || !isGiven(configFile)) return endpoint;
  return { ssh: { ...endpoint.ssh, configFile } };
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
