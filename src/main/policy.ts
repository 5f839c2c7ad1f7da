import { availableParallelism, homedir, totalmem } from "node:os";
import { join } from "node:path";
import type { Policy } from "../domain/policy.ts";
import type { Configuration } from "./configuration.ts";

type Surroundings = {
  readonly home: string;
  readonly currentDirectory: string;
  /** WORKSPACE_DIR, for pipelines that set it. */
  readonly workspaceDirectory: string | undefined;
};

/** What the administrator decided, with what depends on this machine filled in. */
export function policyOf(
  configuration: Configuration,
  { home, currentDirectory, workspaceDirectory }: Surroundings,
): Policy {
  const {
    image,
    agent,
    maxima,
    keepFreeBytes,
    workspaceRoots,
    runtimes,
    recordBytes,
    graceMs,
    snapshots,
    images,
    build,
    timers,
    limits,
    stats,
    pool,
  } = configuration;
  const roots = workspaceRoots ?? [currentDirectory, homedir(), ...(workspaceDirectory ? [workspaceDirectory] : [])];
  return {
    defaultImage: image,
    agent: {
      image: agent.image,
      network: agent.network,
      memoryBytes: agent.memoryBytes,
      cpus: agent.cpus,
      timeoutMs: agent.timeoutMs,
    },
    maxima: {
      memoryBytes: maxima.memoryBytes ?? totalmem(),
      cpus: maxima.cpus ?? availableParallelism(),
      pids: maxima.pids,
      diskBytes: maxima.diskBytes,
      timeoutMs: maxima.timeoutMs,
    },
    keepFreeBytes,
    // The file system's root as current directory would allow everything.
    workspaceRoots: workspaceRoots === undefined ? roots.filter((root) => root !== "/") : roots,
    protectedDirectories: [
      home,
      ...[".ssh", ".gnupg", ".aws", ".docker", ".kube"].map((name) => join(homedir(), name)),
    ],
    runtimes,
    recordBytes,
    ...retentionOf(configuration),
    graceMs,
    snapshots,
    build: buildPolicyOf(build),
    images,
    failedSignInsPerMinute: limits.failedSignInsPerMinute,
    timers,
    stats,
    pool,
  };
}

function retentionOf(configuration: Configuration): Pick<Policy, "recordRetention" | "logRetention"> {
  const { runMaxAgeMs, runMaxCount, logMaxAgeMs, logTotalBytes } = configuration;
  return {
    recordRetention: { maxAgeMs: runMaxAgeMs, maxCount: runMaxCount },
    logRetention: { maxAgeMs: logMaxAgeMs, maxTotalBytes: logTotalBytes },
  };
}

function buildPolicyOf(build: Configuration["build"]): Policy["build"] {
  const { context, policy, allowedRegistries, allowAddUrl, maxAtOnce, maxAtOncePerOwner } = build;
  return {
    context,
    dockerfile: { mode: policy, allowedRegistries, allowAddUrl },
    turns: { maxAtOnce: maxAtOnce ?? availableParallelism(), maxAtOncePerOwner },
  };
}
