import { execFile } from "node:child_process";
import { access, readFile, rmdir } from "node:fs/promises";
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { newId } from "../../../base/ids.ts";
import { removeEmptyGroup, setGroup } from "./control-group-files.ts";
import { makeDirectory } from "../host/make-directory.ts";
import type { Controller, GroupLayout } from "../../group/control-group.ts";
import { groupMounts } from "../../group/group-mounts.ts";

const CONTROLLERS: readonly Controller[] = ["memory", "pids", "cpu", "freezer"];
const JOIN_TIMEOUT_MS = 10_000;
const JOIN = 'for group; do echo 0 >"$group/cgroup.procs" || exit 1; done';

export type DetectionWish = {
  /** Of the group that all others are in. */
  readonly name: string;
  /** Whose groups these are while they are tried, so that they are known as abandoned when this process is killed. */
  readonly token: string;
  readonly sh: string;
};

/**
 * Tries which controllers really take a process of ours, and limits on it, in a group of this name. Undefined when none
 * does, so that limits have to be kept in another way.
 */
export async function detectControlGroups(wish: DetectionWish): Promise<GroupLayout | undefined> {
  const mounts = groupMounts(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""));
  const parents = await joinableOf(
    CONTROLLERS.flatMap((controller) => {
      const mount = mounts.find(({ version, options }) => version === 1 && options.includes(controller));
      return mount === undefined ? [] : [{ controller, parent: join(mount.path, wish.name) }];
    }),
    wish,
  );
  if (limits(parents)) return { version: 1, parents };
  const unified = mounts.find(({ version }) => version === 2);
  return unified === undefined ? undefined : detectUnified(unified.path, wish);
}

/** As near to our own group as the rule allows that a group with processes hands no controllers down. */
async function detectUnified(root: string, wish: DetectionWish): Promise<GroupLayout | undefined> {
  const membership = await readFile("/proc/self/cgroup", "utf8").catch(() => "");
  const own = join(root, /^0::(\/.*)$/m.exec(membership)?.[1] ?? "/");
  for (const base of new Set([own, dirname(own), root])) {
    if (!base.startsWith(root)) continue;
    const parent = join(base, wish.name);
    const available = await handDown(base, parent);
    if (available === undefined) continue;
    const parents: Partial<Record<Controller, string>> = { freezer: parent };
    for (const controller of available) parents[controller] = parent;
    if (limits(parents) && (await joinable([parent], wish))) return { version: 2, parents };
    await removeEmptyGroup(parent);
  }
  return undefined;
}

async function handDown(base: string, parent: string): Promise<readonly Controller[] | undefined> {
  try {
    await access(base, constants.W_OK);
    for (const controller of ["memory", "pids", "cpu"]) await enable(base, controller);
    await makeDirectory(parent);
    for (const controller of ["memory", "pids", "cpu"]) await enable(parent, controller);
    const enabled = (await readFile(join(parent, "cgroup.subtree_control"), "utf8")).trim().split(" ");
    return CONTROLLERS.filter((controller) => enabled.includes(controller));
  } catch {
    return undefined;
  }
}

/** What cannot be enabled is missing from the list that is read afterwards. */
async function enable(directory: string, controller: string): Promise<void> {
  await setGroup(directory, "cgroup.subtree_control", `+${controller}`).catch(() => undefined);
}

type Candidate = { readonly controller: Controller; readonly parent: string };

/** All at once where that works, as on most hosts; else one by one. */
async function joinableOf(candidates: readonly Candidate[], wish: DetectionWish): Promise<GroupLayout["parents"]> {
  const all = await joinable(
    candidates.map(({ parent }) => parent),
    wish,
  );
  const parents: Partial<Record<Controller, string>> = {};
  for (const { controller, parent } of candidates) {
    if (all || (await joinable([parent], wish))) parents[controller] = parent;
  }
  return parents;
}

/** Whether a process can enter a new group in each of these. */
async function joinable(parents: readonly string[], { sh, token }: DetectionWish): Promise<boolean> {
  const probes = [...new Set(parents)].map((parent) => join(parent, `${token}-${newId()}`));
  try {
    for (const probe of probes) await makeDirectory(probe);
    await promisify(execFile)(sh, ["-c", JOIN, "moorage", ...probes], { timeout: JOIN_TIMEOUT_MS, env: {}, cwd: "/" });
    return true;
  } catch {
    return false;
  } finally {
    for (const probe of probes) {
      await rmdir(probe).catch(() => undefined);
      await removeEmptyGroup(dirname(probe)).catch(() => undefined);
    }
  }
}

function limits(parents: GroupLayout["parents"]): boolean {
  return parents.memory !== undefined || parents.pids !== undefined || parents.cpu !== undefined;
}
