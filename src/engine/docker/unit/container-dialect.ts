import { MoorageError } from "../../../base/errors.ts";
import type { EngineTraits } from "../api/engine-traits.ts";
import type { ContainerSpec } from "./container-spec.ts";
import { SECCOMP_OPTION } from "./seccomp-profile.ts";

const OWNER_OPTION = /^(?:uid|gid)=/;
/**
 * Of one user on the whole machine, so it only has to be far above what units may have. Left open, Podman raises it
 * beside any other limit, for which it has no right inside some virtual machines and containers.
 */
const USER_PROCESSES = { Name: "nproc", Soft: 32_768, Hard: 32_768 };
/** Podman by itself gives a container with a read-only root memory without a cap there. */
const CLOSED = "ro,noexec,nosuid,nodev,size=4096,mode=555,notmpcopyup";
const JOB_LOG = { Type: "k8s-file", Config: { "max-size": "1m" } };

/** What an engine takes as it is found on this host. */
type Surroundings = {
  readonly traits: EngineTraits;
  /** Where our system call filter lies as a file; undefined where the engine does not see this host's files. */
  readonly seccompFile: () => Promise<string | undefined>;
};

/** The body of a container's creation as this engine reads it. */
export async function inDialect(spec: ContainerSpec, { traits, seccompFile }: Surroundings): Promise<ContainerSpec> {
  if (traits.product !== "Podman") return spec;
  return { ...spec, HostConfig: podmanHost(spec.HostConfig, await seccompFile()) };
}

function podmanHost(host: ContainerSpec["HostConfig"], seccompFile: string | undefined): ContainerSpec["HostConfig"] {
  if (host["Runtime"] !== undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", "Podman does not let a container name its runtime.", {
      hint: "Leave --runtime out; Podman takes the one of its containers.conf.",
    });
  }
  for (const mount of host.Mounts) refuseMark(mount);
  const memory = Object.entries(host.Tmpfs).map(([path, options]) => [path, podmanMemory(options)] as const);
  return {
    ...host,
    Tmpfs: { ...(host.ReadonlyRootfs ? { "/var/tmp": CLOSED } : {}), ...Object.fromEntries(memory) },
    SecurityOpt: host.SecurityOpt.flatMap((option) =>
      option === SECCOMP_OPTION ? seccompOption(seccompFile) : option,
    ),
    Ulimits: [...host.Ulimits, USER_PROCESSES],
    LogConfig: host.LogConfig.Type === "none" ? host.LogConfig : JOB_LOG,
  };
}

/** Podman takes it for a file on its own host; without one it filters by its own table, which is wider. */
function seccompOption(file: string | undefined): readonly string[] {
  return file === undefined ? [] : [`seccomp=${file}`];
}

/** Podman writes a mount as a line of values with commas between, and reads that again. */
function refuseMark({ Source }: { readonly Source: string }): void {
  if (!/[,"]/.test(Source)) return;
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `Podman cannot mount ${JSON.stringify(Source)}: it has a comma or a quote.`,
    {
      hint: "Rename the directory, or use a Docker Engine.",
    },
  );
}

/**
 * Podman cannot give memory to a user, so it is open to all of the container's, as /tmp is. And what the image has at
 * that place would be copied into it.
 */
function podmanMemory(options: string): string {
  const all = options.split(",");
  const kept = all.filter((option) => !OWNER_OPTION.test(option));
  const mode = (option: string): string => (option.startsWith("mode=") ? "mode=1777" : option);
  return [...(kept.length === all.length ? kept : kept.map(mode)), "notmpcopyup"].join(",");
}
