import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../conformance/collect.ts";
import type { Engine, EngineRun, Freezer } from "../engine.ts";
import { openEngine, type OpenEngine } from "./testing/open-engine.ts";
import { runSpec } from "./testing/unit-specs.ts";

const USER = { uid: 4321, gid: 4321 };
/** Counts into a file, with builtins of the shell alone; USR1 ends it. */
const COUNT = ["sh", "-c", "i=0; while :; do i=$((i + 1)); echo $i >/workspace/count; done"];

type Counting = {
  readonly opened: OpenEngine;
  readonly id: string;
  readonly run: EngineRun;
  readonly freezer: Freezer;
  readonly count: () => Promise<number>;
};

/** A sandbox in which a program counts without end. */
async function counting(work: (it: Counting) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-freezer-"));
  try {
    await chown(directory, USER.uid, USER.gid);
    await using opened = openEngine();
    const id = await opened.sandbox({ workspace: { type: "host", path: directory }, user: USER });
    const run = await opened.engine.exec(id, runSpec(COUNT));
    const count = async (): Promise<number> =>
      Number(await readFile(join(directory, "count"), "utf8").catch(() => "0"));
    await grows(count);
    await work({ opened, id, run, freezer: freezerOf(opened.engine), count });
  } finally {
    await rm(directory, { recursive: true });
  }
}

function freezerOf({ freezer }: Engine): Freezer {
  if (freezer === undefined) throw new Error("Expected a freezer.");
  return freezer;
}

async function grows(count: () => Promise<number>): Promise<void> {
  const first = await count();
  await eventually("a higher count", async () => ((await count()) > first ? true : undefined));
}

async function rests(count: () => Promise<number>): Promise<void> {
  const last = await count();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await count()).toBe(last);
}

test("a paused program gets no processor, whatever it is sent, and goes on where it was", () =>
  counting(async ({ opened, id, run, freezer, count }) => {
    await freezer.pause(id);
    await rests(count);
    await run.signal("CONT");
    await run.signal("USR1");
    await rests(count);
    expect(await opened.engine.inspect(id)).toMatchObject({ state: "paused" });
    await freezer.unpause(id);
    expect((await run.exit).signal).toBe("SIGUSR1");
  }));

test("a pause is seen and lifted by another Moorage on the same state, and a run is ended in it", () =>
  counting(async ({ opened, id, run, freezer, count }) => {
    const other = await opened.engine.exec(id, runSpec(["sleep", "60"]));
    await using again = opened.again();
    await freezerOf(again).pause(id);
    await rests(count);
    expect(await other.kill()).toEqual({ unitStopped: false });
    expect((await other.exit).exitCode).toBe(137);
    await rests(count);
    await expect(opened.engine.exec(id, runSpec(["true"]))).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await freezer.unpause(id);
    await grows(count);
    await run.kill();
  }));

test("without control groups nothing can be held still, and that is said", async () => {
  await using opened = openEngine({ controlGroups: "off" });
  const id = await opened.sandbox();
  const freezer = freezerOf(opened.engine);
  expect(await freezer.obstacle()).toBe("the process engine can write no freezer of control groups here");
  await expect(freezer.pause(id)).rejects.toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    message: `The sandbox ${id} cannot be paused: the process engine can write no freezer of control groups here.`,
    hint: "Stop it instead.",
  });
  expect(await opened.engine.inspect(id)).toMatchObject({ state: "running" });
});
