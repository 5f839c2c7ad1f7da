import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newId } from "../../base/ids.ts";
import { eventually } from "../conformance/collect.ts";
import type { Engine } from "../engine.ts";
import { createUnitLabels } from "../unit-labels.ts";
import { groupName } from "./engine-parts.ts";
import { createProcessEngine } from "./process-engine.ts";
import { groupsNamed, groupsOf, processesOf } from "./testing/open-engine.ts";

type Doomed = AsyncDisposable & {
  readonly id: string;
  readonly state: string;
  readonly engine: Engine;
  readonly begun: (word: "starting" | "started") => Promise<void>;
  /** Kills Moorage, and waits until it is gone. */
  readonly kill: () => Promise<void>;
};

/** Another Moorage on a state directory of its own, with a job; `engine` is a second one that finds what is left. */
function doom(controlGroups: "auto" | "off"): Doomed {
  const state = mkdtempSync(join(tmpdir(), "moorage-process-"));
  const [deployment, key, id] = [newId(), randomBytes(32), newId()];
  const script = new URL("testing/doomed-moorage.ts", import.meta.url).pathname;
  const args = [script, state, deployment, key.toString("hex"), id, controlGroups];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const engine = createProcessEngine({
    stateDirectory: state,
    labels: createUnitLabels(deployment, key),
    controlGroups,
  });
  return {
    id,
    state,
    engine,
    begun: async (word) => void (await eventually(word, async () => (said.includes(word) ? true : undefined))),
    kill: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await engine.remove(id);
      await engine.list();
      await engine[Symbol.asyncDispose]();
      await rm(state, { recursive: true, force: true });
      expect(groupsNamed(groupName(deployment, state))).toEqual([]);
    },
  };
}

async function gone(id: string, ms: number): Promise<void> {
  const none = async (): Promise<true | undefined> =>
    (await processesOf(new Set([id]))).length === 0 ? true : undefined;
  await eventually("the end of the job's processes", none, ms);
}

describe.each(["auto", "off"] as const)("a Moorage that is killed, control groups %s", (controlGroups) => {
  test("takes its job with it at once, also what left its session and is deaf to TERM", async () => {
    await using doomed = doom(controlGroups);
    await doomed.begun("started");
    const beat = join(doomed.state, doomed.id, "workspace", "beat");
    await eventually("a beat", () =>
      readFile(beat, "utf8").then(
        (text) => text || undefined,
        () => undefined,
      ),
    );
    expect(await doomed.engine.inspect(doomed.id)).toMatchObject({ state: "running" });
    await doomed.kill();
    await expect(gone(doomed.id, 1_000)).resolves.toBeUndefined();
    const last = await readFile(beat, "utf8");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await readFile(beat, "utf8")).toBe(last);
  });

  test("leaves a job that has exited, with no code, and groups that the next list removes", async () => {
    await using doomed = doom(controlGroups);
    await doomed.begun("started");
    await doomed.kill();
    expect(await doomed.engine.inspect(doomed.id)).toMatchObject({ state: "exited", exitCode: null, finishedAt: null });
    expect(await doomed.engine.list()).toMatchObject([{ id: doomed.id, kind: "job", state: "exited" }]);
    expect(await doomed.engine.lastOutput(doomed.id)).toEqual([]);
    expect(await groupsOf(new Set([doomed.id]))).toEqual([]);
    await doomed.engine.remove(doomed.id);
    expect(await doomed.engine.inspect(doomed.id)).toBeUndefined();
  });

  test("leaves nothing that runs, in whichever instant of a start it is killed", { timeout: 120_000 }, async () => {
    const ids = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      await using doomed = doom(controlGroups);
      ids.add(doomed.id);
      await doomed.begun("starting");
      await new Promise((resolve) => setTimeout(resolve, randomInt(0, 120)));
      await doomed.kill();
      await doomed.engine.list();
    }
    // What was on its way to become a launcher when Moorage died needs a moment to find that out.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await processesOf(ids)).toEqual([]);
  });
});
