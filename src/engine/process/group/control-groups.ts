import { dirname, join } from "node:path";
import { readFile } from "node:fs/promises";
import { sleep } from "../../../base/deadline.ts";
import { makeDirectory } from "../host/make-directory.ts";
import type { EngineLimits } from "../../engine.ts";
import { endGroup, errorCode, groupProcesses, groupsBelow, removeEmptyGroup, setGroup } from "./control-group-files.ts";
import { memoryFiles, type GroupLayout, type GroupVersion } from "../../group/control-group.ts";
import { groupUsage, type GroupUsage } from "../../group/group-usage.ts";
import { freezerFiles, limitSettings } from "./control-group-limits.ts";

export type Enforced = { readonly memory: boolean; readonly pids: boolean; readonly cpu: boolean };

/** The processes of one run. */
export type RunGroup = {
  /** `cgroup.procs` files into which the launcher writes itself, the run's own last. */
  readonly entrances: readonly string[];
  readonly processes: () => Promise<readonly number[]>;
  /**
   * Does the work while no process of the run can go on, where that can be had. Afterwards all go on, unless they are
   * to be held still.
   */
  readonly whileFrozen: (work: () => Promise<void>, areHeld: () => Promise<boolean>) => Promise<void>;
  /** Lets what was held still go on: nothing else can be ended. */
  readonly thaw: () => Promise<void>;
  /** Kills what is left and removes the group. */
  readonly remove: () => Promise<void>;
};

/** All runs of a unit, with its limits. */
export type UnitGroup = {
  /** Makes the groups, or sets their limits again. */
  readonly prepare: (limits: EngineLimits) => Promise<void>;
  readonly openRun: (name: string) => Promise<RunGroup>;
  readonly runs: () => Promise<readonly string[]>;
  /** Holds all runs still, and lets them go on. */
  readonly freeze: () => Promise<void>;
  readonly thaw: () => Promise<void>;
  readonly removeRun: (name: string) => Promise<void>;
  /** Where a program enters whose memory alone counts as the unit's. */
  readonly memoryEntrances: () => readonly string[];
  readonly oomKills: () => Promise<number>;
  readonly peakMemoryBytes: () => Promise<number | null>;
  readonly usage: () => GroupUsage;
  /** Begins to measure anew, where the kernel can. */
  readonly resetPeak: () => Promise<void>;
  readonly remove: () => Promise<void>;
};

export type ControlGroups = {
  readonly version: GroupVersion;
  readonly enforced: Enforced;
  /** Whether runs can be held still. */
  readonly canFreeze: boolean;
  readonly unit: (id: string) => UnitGroup;
  /** Units that have groups. */
  readonly units: () => Promise<readonly string[]>;
};

const FREEZE_MS = 1_000;
const ATTEMPTS = 3;
const OWN_PROCESSES = 2;

export function createControlGroups(layout: GroupLayout): ControlGroups {
  const { version, parents } = layout;
  return {
    version,
    enforced: {
      memory: parents.memory !== undefined,
      pids: parents.pids !== undefined,
      cpu: parents.cpu !== undefined,
    },
    canFreeze: parents.freezer !== undefined,
    unit: (id) => unitGroup(layout, id),
    units: async () => {
      const names = await Promise.all(directories(layout).map(groupsBelow));
      return [...new Set(names.flat())];
    },
  };
}

function directories({ parents }: GroupLayout): readonly string[] {
  return [...new Set(Object.values(parents))];
}

/** The hierarchy in which every run has a group of its own. */
function runParent({ parents }: GroupLayout): string {
  const parent = parents.freezer ?? parents.pids ?? parents.memory ?? parents.cpu;
  if (parent === undefined) throw new TypeError("Expected a layout with one controller at least.");
  return parent;
}

function unitGroup(layout: GroupLayout, id: string): UnitGroup {
  const own = directories(layout).map((parent) => join(parent, id));
  const runs = join(runParent(layout), id);
  const memory = layout.parents.memory === undefined ? undefined : join(layout.parents.memory, id);
  const files = memoryFiles(layout.version);
  const entrances = layout.version === 2 ? [] : own.filter((directory) => directory !== runs).map(entrance);
  return {
    prepare: (limits) => prepare(layout, { id, own }, limits),
    openRun: async (name) => {
      const directory = join(runs, name);
      await makeDirectory(directory);
      return runGroup(layout, directory, [...entrances, entrance(directory)]);
    },
    runs: () => groupsBelow(runs),
    ...holdingRuns(layout, runs),
    removeRun: (name) => thawAndEnd(layout, join(runs, name)),
    memoryEntrances: () => (memory === undefined || layout.version === 2 ? [] : [entrance(memory)]),
    oomKills: async () => Number(/^oom_kill (\d+)$/m.exec(await read(memory, files.kills))?.[1] ?? 0),
    peakMemoryBytes: async () => {
      const peak = (await read(memory, files.peak)).trim();
      return peak === "" ? null : Number(peak);
    },
    usage: () => groupUsage(layout, id),
    resetPeak: async () => {
      if (memory !== undefined && layout.version === 1) await setGroup(memory, files.peak, "0");
    },
    remove: async () => {
      for (const name of await groupsBelow(runs)) await thawAndEnd(layout, join(runs, name));
      for (const directory of own) {
        await endGroup(directory);
        // Other units of the deployment may be in it.
        await removeEmptyGroup(dirname(directory));
      }
    },
  };
}

function holdingRuns(layout: GroupLayout, runs: string): Pick<UnitGroup, "freeze" | "thaw"> {
  const ofEach = (work: typeof freeze) => async (): Promise<void> => {
    if (layout.parents.freezer === undefined) return;
    const names = await groupsBelow(runs);
    await Promise.all(names.map((name) => work(layout.version, join(runs, name))));
  };
  return { freeze: ofEach(freeze), thaw: ofEach(thaw) };
}

/** The last unit of another Moorage may take the common parent away in between: then all is made again. */
async function prepare(
  layout: GroupLayout,
  unit: { id: string; own: readonly string[] },
  limits: EngineLimits,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const directory of unit.own) {
        if (layout.version === 2) await handControllersDown(layout, dirname(directory));
        await makeDirectory(directory);
      }
      return await limit(layout, unit.id, limits);
    } catch (error) {
      if (attempt === ATTEMPTS || errorCode(error) !== "ENOENT") throw error;
    }
  }
}

async function handControllersDown({ parents }: GroupLayout, parent: string): Promise<void> {
  const controllers = (["memory", "pids", "cpu"] as const).filter((controller) => parents[controller] !== undefined);
  if (controllers.length === 0) return;
  await makeDirectory(parent);
  await setGroup(parent, "cgroup.subtree_control", controllers.map((controller) => `+${controller}`).join(" "));
}

async function limit(layout: GroupLayout, id: string, limits: EngineLimits): Promise<void> {
  const others = await otherProcesses(layout, id);
  for (const { controller, file, value, optional } of limitSettings(layout.version, limits, others)) {
    const parent = layout.parents[controller];
    if (parent === undefined) continue;
    try {
      await setGroup(join(parent, id), file, value);
    } catch (error) {
      if (optional !== true || errorCode(error) !== "ENOENT") throw error;
    }
  }
}

/**
 * Of each run, and of one more, bubblewrap and its PID 1; and what has ended and is counted until PID 1 of the host
 * takes leave of it, which may take a while.
 */
async function otherProcesses(layout: GroupLayout, id: string): Promise<number> {
  const runs = await groupsBelow(join(runParent(layout), id));
  const { pids } = layout.parents;
  if (pids === undefined) return 0;
  const counted = Number(await read(join(pids, id), "pids.current"));
  const ended = Math.max(0, counted - (await threadsIn(layout.version, join(pids, id))));
  return OWN_PROCESSES * (runs.length + 1) + ended;
}

async function threadsIn(version: GroupVersion, directory: string): Promise<number> {
  const lines = (await read(directory, version === 2 ? "cgroup.threads" : "tasks")).split("\n").length - 1;
  const below = await Promise.all(
    (await groupsBelow(directory)).map((name) => threadsIn(version, join(directory, name))),
  );
  return Math.max(0, lines) + below.reduce((sum, threads) => sum + threads, 0);
}

function runGroup(layout: GroupLayout, directory: string, entrances: readonly string[]): RunGroup {
  return {
    entrances,
    processes: () => groupProcesses(directory),
    whileFrozen: async (work, areHeld) => {
      if (layout.parents.freezer === undefined) return work();
      try {
        await freeze(layout.version, directory);
        await work();
      } finally {
        if (!(await areHeld())) await thaw(layout.version, directory);
      }
    },
    thaw: async () => {
      if (layout.parents.freezer !== undefined) await thaw(layout.version, directory);
    },
    remove: () => thawAndEnd(layout, directory),
  };
}

async function thawAndEnd(layout: GroupLayout, directory: string): Promise<void> {
  if (layout.parents.freezer !== undefined) await thaw(layout.version, directory);
  await endGroup(directory);
}

/** A process in an uninterruptible wait is frozen only afterwards: the work then goes on without waiting for it. */
async function freeze(version: GroupVersion, directory: string): Promise<void> {
  const { file, freeze: value, state, frozen } = freezerFiles(version);
  await ifThere(() => setGroup(directory, file, value));
  const end = performance.now() + FREEZE_MS;
  while (performance.now() < end) {
    const text = await read(directory, state);
    if (text === "" || frozen.test(text)) return;
    await sleep(1);
  }
}

async function thaw(version: GroupVersion, directory: string): Promise<void> {
  const { file, thaw: value } = freezerFiles(version);
  await ifThere(() => setGroup(directory, file, value));
}

async function ifThere(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!["ENOENT", "ENODEV"].includes(errorCode(error) ?? "")) throw error;
  }
}

/** The text of a group's file; empty when there is none. */
async function read(directory: string | undefined, file: string): Promise<string> {
  if (directory === undefined) return "";
  return readFile(join(directory, file), "utf8").catch(() => "");
}

function entrance(directory: string): string {
  return join(directory, "cgroup.procs");
}
