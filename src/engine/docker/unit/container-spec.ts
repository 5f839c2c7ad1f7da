import { MoorageError } from "../../../base/errors.ts";
import type { PortBinding, UnitSpec } from "../../engine.ts";
import { environment } from "../run/processes.ts";
import { SECCOMP_OPTION } from "./seccomp-profile.ts";

const MIB = 1024 * 1024;
const TMP_BYTES = 64 * MIB;
const RUN_BYTES = 16 * MIB;
const HOME_BYTES = 64 * MIB;
/** What a unit itself takes: the init process, and a job's two guards with their timers. */
const OWN_PROCESSES = 5;
const OPEN_FILES = { Name: "nofile", Soft: 1024, Hard: 4096 };

/** Where a user without an entry in the image's passwd lives. */
const HOME = "/home/moorage";
export const WORKSPACE = "/workspace";

/** The name of a unit's container, and of its volume. */
export function unitName(id: string): string {
  return `moorage-${id}`;
}

/** The unit whose container has this name, if any. */
export function unitOfName(name: string): string | undefined {
  return /^moorage-([a-z][a-z0-9]{19})$/.exec(name)?.[1];
}

/** The name of a volume that outlives units; no unit's id has a dash. */
export function volumeName(id: string): string {
  return `moorage-volume-${id}`;
}

/** The name of a network that outlives units, on the engine. */
export function networkName(id: string): string {
  return `moorage-network-${id}`;
}

export type MainProcess = {
  /** A script for /bin/sh and its arguments; absent: the image's own program. */
  readonly script?: readonly string[];
  readonly stdin: boolean;
  /** A control group to put the container into; absent: where the engine puts all. */
  readonly cgroupParent?: string | undefined;
};

type Mount = Readonly<Record<string, unknown>> & { readonly Source: string };

/** The body of a container's creation. */
export type ContainerSpec = Readonly<Record<string, unknown>> & {
  readonly HostConfig: Readonly<Record<string, unknown>> & {
    readonly ReadonlyRootfs: boolean;
    readonly Tmpfs: Readonly<Record<string, string>>;
    readonly Mounts: readonly Mount[];
    readonly Ulimits: readonly object[];
    readonly SecurityOpt: readonly string[];
    readonly LogConfig: { readonly Type: string };
  };
};

/** The body of a container's creation: all that confines a unit, in one place. */
export function containerSpec(
  spec: UnitSpec,
  ours: Readonly<Record<string, string>>,
  main: MainProcess,
): ContainerSpec {
  if (spec.image === undefined)
    throw new MoorageError("INVALID_INPUT", "A sandbox of the docker engine needs an image.");
  if (spec.limits.pids <= OWN_PROCESSES) {
    const given = `A limit of ${spec.limits.pids} processes is too low for the docker engine`;
    throw new MoorageError(
      "INVALID_INPUT",
      `${given}: expected at least ${OWN_PROCESSES + 1}, of which it takes ${OWN_PROCESSES}.`,
    );
  }
  const labels = { ...spec.labels, ...ours };
  return {
    Image: spec.image,
    Hostname: spec.id,
    Labels: labels,
    ...program(spec, main),
    Env: environment(userEnvironment(spec)),
    ...(spec.user === undefined ? {} : { User: `${spec.user.uid}:${spec.user.gid}` }),
    AttachStdin: main.stdin,
    OpenStdin: main.stdin,
    StdinOnce: main.stdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    StopSignal: "SIGTERM",
    Healthcheck: { Test: ["NONE"] },
    ...(spec.ports === undefined ? {} : { ExposedPorts: published(spec.ports, () => ({})) }),
    HostConfig: { ...confinement(spec), ...storage(spec, labels), ...placed(main) },
    ...endpoint(spec),
  };
}

function placed({ cgroupParent }: MainProcess): object {
  return cgroupParent === undefined ? {} : { CgroupParent: cgroupParent };
}

function program({ main: own }: UnitSpec, { script }: MainProcess): object {
  if (script === undefined) return own?.command === undefined ? {} : { Cmd: own.command };
  return { Entrypoint: ["/bin/sh", "-c", script[0], "moorage"], Cmd: script.slice(1), WorkingDir: WORKSPACE };
}

function confinement(spec: UnitSpec) {
  return {
    Init: true,
    ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
    ...networkSettings(spec),
    ...portBindings(spec),
    IpcMode: "private",
    CgroupnsMode: "private",
    Privileged: false,
    SecurityOpt: ["no-new-privileges", SECCOMP_OPTION],
    CapDrop: ["ALL"],
    CapAdd: spec.capabilities.map((name) => `CAP_${name}`),
    Memory: spec.limits.memoryBytes,
    MemorySwap: spec.limits.memoryBytes,
    NanoCpus: Math.round(spec.limits.cpus * 1e9),
    PidsLimit: spec.limits.pids,
    OomKillDisable: false,
    Ulimits: [OPEN_FILES],
    RestartPolicy: { Name: "no" },
    AutoRemove: false,
    // The tail of a job's output outlives the process that started it; a main process of ours prints nothing.
    LogConfig:
      spec.kind === "job" || spec.main !== undefined
        ? { Type: "local", Config: { "max-size": "1m", "max-file": "1", compress: "false" } }
        : { Type: "none" },
  };
}

// Never on another address than loopback: whoever may come from elsewhere comes by a gateway that asks who they are.
function portBindings({ ports, network }: UnitSpec): object {
  if (ports === undefined || ports.length === 0) return {};
  if (network === "none") {
    throw new MoorageError("ENGINE_UNSUPPORTED", 'Ports cannot be published in the network "none".', {
      hint: "Use --network internal, which lets nothing out.",
    });
  }
  return { PortBindings: published(ports, ({ hostPort }) => [{ HostIp: "127.0.0.1", HostPort: String(hostPort) }]) };
}

function published(ports: readonly PortBinding[], of: (binding: PortBinding) => unknown): Record<string, unknown> {
  return Object.fromEntries(ports.map((binding) => [`${binding.port}/${binding.protocol}`, of(binding)]));
}

/** Names are not looked up where nothing may leave: a resolver that cannot ask anybody ends it at once. */
function networkSettings({ id, network, membership }: UnitSpec): object {
  if (network === "none") return { NetworkMode: "none" };
  if (network === "open") return { NetworkMode: unitName(id) };
  const NetworkMode = membership === undefined ? unitName(id) : networkName(membership.network);
  return { NetworkMode, Dns: ["127.0.0.1"], DnsOptions: ["timeout:1", "attempts:1"] };
}

function endpoint({ id, membership }: UnitSpec): object {
  if (membership === undefined) return {};
  const { network, names } = membership;
  return { NetworkingConfig: { EndpointsConfig: { [networkName(network)]: { Aliases: [id, ...names] } } } };
}

function storage(spec: UnitSpec, labels: Readonly<Record<string, string>>) {
  return {
    ReadonlyRootfs: !spec.writableRoot,
    Mounts: [workspaceMount(spec, labels)].flat(),
    Tmpfs: { ...workspaceMemory(spec), ...writableMemory(spec) },
  };
}

function workspaceMount(spec: UnitSpec, labels: Readonly<Record<string, string>>): readonly Mount[] {
  const { workspace } = spec;
  if (workspace.type === "volume") {
    return [{ Type: "volume", Source: unitName(spec.id), Target: WORKSPACE, VolumeOptions: { Labels: labels } }];
  }
  if (workspace.type === "named") {
    return [{ Type: "volume", Source: volumeName(workspace.volume), Target: WORKSPACE }];
  }
  if (workspace.type === "host") {
    const BindOptions = { Propagation: "rprivate" };
    return [{ Type: "bind", Source: workspace.path, Target: WORKSPACE, BindOptions }];
  }
  return [];
}

function workspaceMemory({ workspace, user }: UnitSpec): Record<string, string> {
  if (workspace.type !== "memory") return {};
  return { [WORKSPACE]: tmpfs(workspace.sizeBytes, user === undefined ? "mode=1777" : owned(user, "755")) };
}

// A tmpfs over a directory of the image takes that directory's mode and owner unless told otherwise.
function writableMemory({ writableRoot, user, env }: UnitSpec): Record<string, string> {
  if (writableRoot) return user === undefined ? {} : { [HOME]: tmpfs(HOME_BYTES, owned(user, "700")) };
  const home = env["HOME"] ?? HOME;
  const personal = (mode: string): string => (user === undefined ? "mode=1777" : owned(user, mode));
  return {
    ...(needsMemory(home) ? { [home]: tmpfs(HOME_BYTES, personal("700")) } : {}),
    "/tmp": tmpfs(TMP_BYTES, "mode=1777"),
    "/run": tmpfs(RUN_BYTES, personal("755")),
  };
}

function needsMemory(home: string): boolean {
  return home.startsWith("/") && home !== "/" && !`${home}/`.startsWith(`${WORKSPACE}/`);
}

function owned(user: { readonly uid: number; readonly gid: number }, mode: string): string {
  return `uid=${user.uid},gid=${user.gid},mode=${mode}`;
}

function tmpfs(bytes: number, options: string): string {
  return `rw,exec,nosuid,nodev,size=${bytes},${options}`;
}

function userEnvironment({ user, writableRoot, env }: UnitSpec): Record<string, string> {
  const home = user !== undefined || !writableRoot ? { HOME } : {};
  const names = user === undefined ? {} : { USER: "moorage", LOGNAME: "moorage" };
  return { ...home, ...names, ...env };
}
