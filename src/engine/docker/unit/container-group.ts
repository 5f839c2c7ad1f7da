import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Controller, GroupLayout } from "../../group/control-group.ts";
import { groupMounts, type GroupMount } from "../../group/group-mounts.ts";

/** By which hierarchy of version 1 each is counted. */
const COUNTED_BY = { memory: "memory", cpu: "cpuacct", pids: "pids" } as const;

/** Finds the groups of a running container, by its first process; undefined where they are not on this host. */
export type FindContainerGroup = (container: {
  readonly id: string;
  readonly pid: number;
}) => Promise<GroupLayout | undefined>;

/**
 * The proof that the engine runs here, and that the process is the container's: the path of its groups names the
 * container by its 256-bit id, and they can be read.
 */
export function createFindContainerGroup(): FindContainerGroup {
  let mounts: Promise<readonly GroupMount[]> | undefined;
  return async ({ id, pid }) => {
    if (process.platform !== "linux" || pid <= 0) return undefined;
    const membership = await textOf(`/proc/${pid}/cgroup`);
    if (!membership.includes(id)) return undefined;
    mounts ??= textOf("/proc/self/mountinfo").then(groupMounts);
    const layout = layoutOf(membership, await mounts, id);
    return layout?.parents.memory !== undefined && (await isReadable(layout.parents.memory)) ? layout : undefined;
  };
}

/** From lines as `4:memory:/docker/…` of version 1, or `0::/system.slice/docker-….scope` of version 2. */
export function layoutOf(membership: string, mounts: readonly GroupMount[], id: string): GroupLayout | undefined {
  const paths = new Map<string, string>();
  for (const line of membership.split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (!path.includes(id) || path.split("/").includes("..")) continue;
    for (const controller of controllers.split(",")) paths.set(controller, path);
  }
  const ofVersion1 = Object.entries(COUNTED_BY).flatMap(([controller, hierarchy]): [string, string][] => {
    const mount = mounts.find(({ version, options }) => version === 1 && options.includes(hierarchy));
    const path = paths.get(hierarchy);
    return mount === undefined || path === undefined ? [] : [[controller, join(mount.path, path)]];
  });
  const parents: Partial<Record<Controller, string>> = Object.fromEntries(ofVersion1);
  if (parents.memory !== undefined) return { version: 1, parents };
  const unified = mounts.find(({ version }) => version === 2);
  const path = paths.get("");
  if (unified === undefined || path === undefined) return undefined;
  const directory = join(unified.path, path);
  return { version: 2, parents: { memory: directory, cpu: directory, pids: directory } };
}

async function isReadable(directory: string): Promise<boolean> {
  return access(join(directory, "cgroup.procs")).then(
    () => true,
    () => false,
  );
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
