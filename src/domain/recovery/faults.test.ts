import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { failAfter } from "../../../test/fixtures/failing.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { unitSpec } from "../../engine/docker/docker-fixture.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { createPoolKeeper } from "../pool/keeper.ts";
import { createReaper } from "../reaper/reaper.ts";
import { recoverRuns } from "./recover-runs.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");
/** More calls than any of these takes. */
const MAX_CALLS = 100;
const TOLD = ["done", "DISK_FULL", "STATE_UNUSABLE", "ENGINE_UNREACHABLE", "INVALID_INPUT", "IMAGE_NOT_FOUND"];

type Doomed = { readonly platform: Platform; readonly context: DomainContext };
type Story = {
  readonly before?: (whole: Doomed) => Promise<unknown>;
  readonly work: (full: Doomed) => Promise<unknown>;
  /** Of what has failed its caller has nothing. */
  readonly makes?: true;
};

const made = ({ platform }: Doomed): Promise<unknown> => platform.sandbox.create({ name: "web", ttlMs: 86_400_000 });
const exec =
  (command: string[]) =>
  ({ platform }: Doomed) =>
    resultOf(platform.sandbox.exec({ id: "web", command }));

const stories: Readonly<Record<string, Story>> = {
  create: { work: made, makes: true },
  "the claim of a pooled sandbox": {
    before: ({ context }) => createPoolKeeper(pooling(context)).fill(),
    work: ({ context }) => createPlatform(pooling(context), alice).sandbox.create({}),
    makes: true,
  },
  "a run that succeeds": { before: made, work: exec(["echo", "done"]) },
  "a run that fails": { before: made, work: exec(["exit", "3"]) },
  "a job": { work: ({ platform }) => resultOf(platform.job.run({ command: ["echo", "done"] })) },
  "a job that cannot start": {
    work: ({ platform }) => resultOf(platform.job.run({ command: ["true"], image: "none:1" })),
  },
  "a run in a directory that is not there": {
    before: made,
    work: ({ platform }) => resultOf(platform.sandbox.exec({ id: "web", command: ["true"], cwd: "/nowhere" })),
  },
  remove: { before: made, work: ({ platform }) => platform.sandbox.remove({ id: "web" }) },
  stop: { before: made, work: ({ platform }) => platform.sandbox.stop({ id: "web" }) },
  pause: { before: made, work: ({ platform }) => platform.sandbox.pause({ id: "web" }) },
  renew: { before: made, work: ({ platform }) => platform.sandbox.renew({ id: "web" }) },
  "the recovery of a sandbox's run": { before: lostExec, work: ({ context }) => recoverRuns(context) },
  "the recovery of a job": { before: lostJob, work: ({ context }) => recoverRuns(context) },
  "the filling of the pool": {
    work: ({ context }) => createPoolKeeper(pooling(context)).fill(),
  },
};
const POOLED = { image: undefined, profile: undefined, network: undefined, size: 2 };

const NO_OUTPUT = { stdout: new Uint8Array(), stderr: new Uint8Array() };

function pooling(context: DomainContext): DomainContext {
  return { ...context, policy: { ...context.policy, pool: [POOLED] } };
}

const RUN = { env: {}, cwd: "/workspace" };

/** A run that goes on in a sandbox, and whose Moorage is gone. */
async function lostExec(whole: Doomed): Promise<void> {
  const { engine, store } = whole.context;
  await made(whole);
  const { sandboxId } = await exec(["echo", "before"])(whole);
  const { handle } = await engine.exec(sandboxId, { ...RUN, command: ["sleep", "600"] });
  for (const run of (await store.runs.list("alice", {}, { limit: 1 })).items) {
    await store.runs.insert({ ...run, ...NO_OUTPUT, ...lost(), handle });
  }
}

/** A job that has ended unseen, as its Moorage is gone. */
async function lostJob({ context, platform }: Doomed): Promise<void> {
  const { engine, store } = context;
  await resultOf(platform.job.run({ command: ["echo", "before"] }));
  for (const run of (await store.runs.list("alice", {}, { limit: 1 })).items) {
    const job = { ...unitSpec("job"), ...RUN, command: ["exit", "3"], deadlineMs: 600_000 };
    await (
      await engine.startJob(job)
    ).exit;
    await store.runs.insert({ ...run, ...NO_OUTPUT, ...lost(), sandboxId: job.id });
  }
}

function lost() {
  return { id: newId(), status: "running", exitCode: null, receiptId: null, holder: "gone", handle: null } as const;
}

const READS = new Set(["get", "find", "list", "all", "open", "chain", "head"]);

const FAULTS = {
  "a disk that is full after any write": (context: DomainContext, calls: number) => {
    const error = () => new MoorageError("DISK_FULL", "The disk of the test is full.");
    const { target, ...failing } = failAfter(context.store, { calls, error, spared: READS });
    return { ...failing, context: { ...context, store: target } };
  },
  "a state of which any one call fails, reads too": (context: DomainContext, calls: number) => {
    const error = () => new MoorageError("STATE_UNUSABLE", "The disk of the test cannot be read.");
    const { target, ...failing } = failAfter(context.store, { calls, error, times: 1 });
    return { ...failing, context: { ...context, store: target } };
  },
  "an engine that is away after any call": (context: DomainContext, calls: number) => {
    const error = () => new MoorageError("ENGINE_UNREACHABLE", "The engine of the test is away.");
    const { target, ...failing } = failAfter(context.engine, { calls, error });
    return { ...failing, context: { ...context, engine: target } };
  },
};

describe.each(Object.entries(FAULTS))(
  "%s, and is well again later, leaves nothing half-done, in",
  (_fault, failing) => {
    it.each(Object.entries(stories))("%s", { timeout: 60_000 }, async (_name, story) => {
      for (let calls = 0, failed = true; failed; calls += 1) {
        expect(calls).toBeLessThan(MAX_CALLS);
        failed = await told(story, (context) => failing(context, calls));
      }
    });
  },
);

type Failed = { readonly context: DomainContext; readonly hasFailed: () => boolean; readonly mend: () => void };

async function told(story: Story, failing: (context: DomainContext) => Failed): Promise<boolean> {
  const clock = setClock();
  await using store = openSqliteStore(":memory:");
  await using domain = openMemoryDomain({ clock, store }, { clock });
  await story.before?.(domain);
  const { context, hasFailed, mend } = failing(domain.context);
  const [answer] = await Promise.allSettled([story.work({ context, platform: createPlatform(context, alice) })]);
  const failed = hasFailed();
  expect(TOLD).toContain(answer.status === "rejected" ? codeOf(answer.reason) : "done");
  mend();
  const reaper = createReaper(context);
  while ((await reaper.sweep()).length > 0);
  await expectConsistent(context, answer);
  const own = (await store.sandboxes.all()).filter(({ owner }) => owner === "alice").length;
  expect(story.makes !== true || own === (answer.status === "fulfilled" ? 1 : 0)).toBe(true);
  return failed;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : error;
}

async function expectConsistent({ store, engine }: DomainContext, answer: PromiseSettledResult<unknown>) {
  expect(await store.runs.open()).toEqual([]);
  const rows = await store.sandboxes.all();
  expect(rows.filter((row) => row.pending !== null || row.state === "starting")).toEqual([]);
  const units = (await engine.list()).map(({ id }) => id);
  expect(units.toSorted(compare)).toEqual(rows.map(({ id }) => id).toSorted(compare));
  const runs = (await store.runs.list("alice", {}, { limit: 100 })).items;
  const receipts = await Array.fromAsync(store.receipts.chain());
  const said = receipts
    .filter(({ change }) => !change)
    .map(({ text }) => JSON.parse(text) as { runId: string; status: string; exitCode: number });
  expect(said.map(({ runId, status, exitCode }) => ({ id: runId, status, exitCode })).toSorted(byId)).toEqual(
    runs.map(({ id, status, exitCode }) => ({ id, status, exitCode })).toSorted(byId),
  );
  if (answer.status === "fulfilled" && isResult(answer.value)) {
    expect(runs).toMatchObject([{ id: answer.value.runId, status: answer.value.status }]);
  }
}

function isResult(value: unknown): value is { readonly runId: string; readonly status: string } {
  return typeof value === "object" && value !== null && "runId" in value;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compare(a.id, b.id);
}
