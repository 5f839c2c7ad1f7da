import { readFileSync } from "node:fs";
import { readFile, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../../../base/deadline.ts";
import type { Logger } from "../../../base/logger.ts";
import { memoryFiles, type GroupVersion } from "../../group/control-group.ts";
import { groupMounts, type GroupMount } from "../../group/group-mounts.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { systemCode } from "../api/system-code.ts";
import { ContainerListReply, InfoReply } from "../api/replies.ts";

/** What all parents are in. */
const PARENTS = "moorage-jobs";
const ATTEMPTS = 20;
const STEP_MS = 25;

/**
 * Control groups of ours around the containers of jobs. A container's own group goes at the instant of its end, and what
 * it took at most goes with it; the one around it stays until the job is removed.
 */
export type JobGroups = {
  /** What a job's container is to be put into; undefined where this process could not read or remove it. */
  readonly parentOf: (id: string) => Promise<string | undefined>;
  /** Highest memory use of a job so far, bytes; null where it has no group, or the kernel cannot tell. */
  readonly peak: (id: string) => number | null;
  readonly remove: (id: string) => Promise<void>;
};

type Memory = { readonly version: GroupVersion; readonly directory: string };

export function createJobGroups(api: EngineApi, logger: Logger): JobGroups {
  const asRoot = process.platform === "linux" && process.getuid?.() === 0 && "socketPath" in api.endpoint;
  let mounts: Promise<readonly GroupMount[]> | undefined;
  const mounted = (): Promise<readonly GroupMount[]> =>
    (mounts ??= readFile("/proc/self/mountinfo", "utf8").then(groupMounts, () => []));
  let memory: Memory | undefined;
  return {
    parentOf: async (id) => {
      if (!asRoot) return undefined;
      memory ??= (await isUsable(api)) ? memoryOf(await mounted()) : undefined;
      return memory === undefined ? undefined : `/${PARENTS}/${id}`;
    },
    peak: (id) => (memory === undefined ? null : peakOf(memory, join(memory.directory, PARENTS, id))),
    remove: async (id) => {
      if (!asRoot) return;
      for (const { path } of await mounted()) await removeGroup(join(path, PARENTS, id), logger);
    },
  };
}

/**
 * Only an engine that makes groups by itself, as the directories they are, on this very host: it keeps one of its
 * containers where it says, in a directory that is named by a 256-bit id.
 */
async function isUsable(api: EngineApi): Promise<boolean> {
  if ((await api.traits()).product !== "Docker Engine") return false;
  const { CgroupDriver, DockerRootDir, SecurityOptions } = await api.json({ method: "GET", path: "/info" }, InfoReply);
  if (CgroupDriver !== "cgroupfs" || DockerRootDir === undefined) return false;
  if ((SecurityOptions ?? []).some((option) => option.includes("name=rootless"))) return false;
  const query = { all: "1", limit: "1" };
  const [one] = await api.json({ method: "GET", path: "/containers/json", query }, ContainerListReply);
  if (one === undefined) return false;
  return (await stat(join(DockerRootDir, "containers", one.Id)).catch(() => undefined))?.isDirectory() === true;
}

function memoryOf(mounts: readonly GroupMount[]): Memory | undefined {
  const own = mounts.find(({ version, options }) => version === 1 && options.includes("memory"));
  const mount = own ?? mounts.find(({ version }) => version === 2);
  return mount === undefined ? undefined : { version: mount.version, directory: mount.path };
}

function peakOf({ version }: Memory, directory: string): number | null {
  const peak = textOf(join(directory, memoryFiles(version).peak));
  // An old kernel may be told not to count below a group.
  return peak === "" || textOf(join(directory, "memory.use_hierarchy")) === "0" ? null : Number(peak);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** The engine may still be about to take its container's group out of it. */
async function removeGroup(directory: string, logger: Logger): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rmdir(directory);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return;
      if (attempt === ATTEMPTS)
        return logger.warn({ err: error, directory }, "a job's control group could not be removed");
    }
    await sleep(STEP_MS);
  }
}
