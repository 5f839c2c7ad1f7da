import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { newId } from "../../../base/ids.ts";
import { collect, type Collected } from "../../conformance/collect.ts";
import type { Engine, EngineRun, JobSpec, RunSpec, UnitSpec } from "../../engine.ts";
import { createUnitLabels, type UnitLabels } from "../../unit-labels.ts";
import { groupsBelow } from "../group/control-group-files.ts";
import { runningLaunchers } from "../launch/running-launchers.ts";
import { groupName, type ProcessEngineOptions } from "../engine-parts.ts";
import { createProcessEngine } from "../process-engine.ts";
import { jobSpec, runSpec, unitSpec } from "./unit-specs.ts";

const HIERARCHIES = ["memory", "pids", "cpu", "freezer", "unified", ""];

/** A deployment in a directory of its own. At its end nothing of it is left: that is expected, not brought about. */
export type OpenEngine = AsyncDisposable & {
  readonly engine: Engine;
  readonly stateDirectory: string;
  readonly labels: UnitLabels;
  readonly again: () => Engine;
  readonly sandbox: (wish?: Partial<UnitSpec>) => Promise<string>;
  readonly job: (command: readonly string[], wish?: Partial<JobSpec>) => Promise<EngineRun & { readonly id: string }>;
  readonly exec: (id: string, command: readonly string[], wish?: Partial<RunSpec>) => Promise<Collected>;
};

export function openEngine(options: Partial<ProcessEngineOptions> = {}): OpenEngine {
  const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));
  const labels = createUnitLabels(newId(), randomBytes(32));
  const open = (): Engine => createProcessEngine({ stateDirectory, labels, ...options });
  const engine = open();
  const made = new Set<string>();
  return {
    engine,
    stateDirectory,
    labels,
    again: open,
    sandbox: async (wish) => {
      const spec = unitSpec(wish);
      made.add(spec.id);
      await engine.createSandbox(spec);
      return spec.id;
    },
    job: async (command, wish) => {
      const spec = jobSpec(command, wish);
      made.add(spec.id);
      return { ...(await engine.startJob(spec)), id: spec.id };
    },
    exec: async (id, command, wish) => collect(await engine.exec(id, runSpec(command, wish))),
    [Symbol.asyncDispose]: async () => {
      for (const { id } of await engine.list()) await engine.remove(id);
      await engine[Symbol.asyncDispose]();
      const left = {
        processes: await processesOf(made),
        groups: [...(await groupsOf(made)), ...groupsNamed(groupName(labels.deployment, stateDirectory))],
        mounts: await mountsIn(stateDirectory),
      };
      await rm(stateDirectory, { recursive: true, force: true });
      expect(left).toEqual({ processes: [], groups: [], mounts: [] });
    },
  };
}

/** Launchers of these units that are alive, by whomever. */
export async function processesOf(units: ReadonlySet<string>): Promise<readonly string[]> {
  const launchers = await runningLaunchers("/usr/bin/bwrap");
  return launchers.filter(({ unit }) => units.has(unit)).map(({ pid, unit }) => `${pid} of ${unit}`);
}

/** Removes a state directory, of which this process's engines have left nothing. */
export async function removeState(stateDirectory: string, groups: Iterable<string>): Promise<void> {
  const launchers = await runningLaunchers("/usr/bin/bwrap");
  const left = {
    processes: launchers.filter(({ owner }) => owner.pid === process.pid),
    groups: [...groups].flatMap(groupsNamed),
    mounts: await mountsIn(stateDirectory),
    units: (await readdir(stateDirectory)).filter((name) => !name.startsWith(".")),
  };
  await rm(stateDirectory, { recursive: true, force: true });
  expect(left).toEqual({ processes: [], groups: [], mounts: [], units: [] });
}

/** Control groups of these units. */
export async function groupsOf(units: ReadonlySet<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const root of HIERARCHIES.map((name) => join("/sys/fs/cgroup", name)).filter((path) => existsSync(path))) {
    for (const parent of (await groupsBelow(root)).filter((name) => name.startsWith("moorage-"))) {
      const own = (await groupsBelow(join(root, parent))).filter((id) => units.has(id));
      found.push(...own.map((id) => join(root, parent, id)));
    }
  }
  return found;
}

/** Common groups of this name. */
export function groupsNamed(name: string): readonly string[] {
  return HIERARCHIES.map((hierarchy) => join("/sys/fs/cgroup", hierarchy, name)).filter((path) => existsSync(path));
}

async function mountsIn(directory: string): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n");
  return mounts.filter((line) => line.includes(directory));
}
