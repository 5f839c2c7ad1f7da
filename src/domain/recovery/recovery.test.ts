import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { collect, openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "../reaper/reaper.ts";
import { cleanup } from "./cleanup.ts";
import { recoverRuns } from "./recover-runs.ts";
import { unrestricted } from "../access/principal.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const principal = unrestricted("alice");

/** A second Moorage on the same engine and store, to which every other holder is dead. */
function laterMoorage(domain: ReturnType<typeof openMemoryDomain>) {
  const holders = { ...domain.context.holders, self: "later", isAlive: (holder: string) => holder === "later" };
  const context = { ...domain.context, holders };
  return { context, platform: createPlatform(context, principal) };
}

/** Starts a job and stops watching it, as a Moorage does that is killed. */
async function abandonedJob(domain: ReturnType<typeof openMemoryDomain>, command: string[], timeoutMs: number) {
  const events = domain.platform.job.run({ command, timeoutMs })[Symbol.asyncIterator]();
  for (;;) {
    const step = await events.next();
    if (step.done === true) throw new Error("The job ended before it could be abandoned.");
    if (step.value.type === "started") return step.value;
  }
}

/** A run that goes on, and a later Moorage that has the state as it was when the first was killed. */
async function lostExec(domain: ReturnType<typeof openMemoryDomain>) {
  const { id } = await domain.platform.sandbox.create({});
  const running = collect(domain.platform.sandbox.exec({ id, command: ["sleep", "60"] }));
  await expect.poll(async () => (await domain.context.store.runs.open())[0]?.handle).toBeTypeOf("string");
  const store = openSqliteStore(":memory:");
  for (const run of await domain.context.store.runs.open()) await store.runs.insert(run);
  return {
    later: laterMoorage({ ...domain, context: { ...domain.context, store } }),
    /** What the first one, which is alive after all, sees in the end. */
    ended: running.then((events) => events.at(-1)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe("a lost run on another engine than the one that is chosen", () => {
  it.each(["a sweep", "a cleanup"])("is recorded by %s", async (which) => {
    await using domain = openMemoryDomain();
    await using lost = await lostExec(domain);
    await using chosen = openMemoryDomain();
    const context = {
      ...lost.later.context,
      engine: { ...chosen.context.engine, name: "docker" as const },
      otherEngine: () => Promise.resolve(domain.context.engine),
    };
    const [open] = await context.store.runs.open();
    await (which === "a sweep" ? createReaper(context).sweep() : cleanup(context));
    expect(await context.store.runs.open()).toEqual([]);
    expect(await createPlatform(context, principal).run.get({ runId: open?.id ?? "" })).toMatchObject({
      status: "interrupted",
    });
    await lost.ended;
  });

  it("is told as undone while that engine does not answer", async () => {
    await using domain = openMemoryDomain();
    await using lost = await lostExec(domain);
    await using chosen = openMemoryDomain();
    const { otherEngine } = domain.context;
    const engine = { ...chosen.context.engine, name: "docker" as const };
    const context = { ...lost.later.context, engine, otherEngine };
    await createReaper(context).sweep();
    expect(context.undone.latest).toMatchObject([{ kind: "engine", id: "memory", code: "ENGINE_UNREACHABLE" }]);
    expect(await context.store.runs.open()).toHaveLength(1);
    await recoverRuns(lost.later.context);
    await lost.ended;
  });
});

describe("after a Moorage was ended", () => {
  it("leaves the jobs of a living one alone", async () => {
    await using domain = openMemoryDomain();
    await abandonedJob(domain, ["sleep", "60"], 60_000);
    expect(await recoverRuns(domain.context)).toEqual([]);
    expect(await cleanup(domain.context)).toEqual({ ok: true, removed: [], recovered: [], failed: [] });
  });

  it.each([HOUR, -HOUR])("a job goes on until its deadline, by how much the clock may jump: %d ms", async (ms) => {
    const clock = setClock();
    await using domain = openMemoryDomain({ clock }, { clock });
    await using store = openSqliteStore(":memory:");
    await abandonedJob(domain, ["sleep", "600"], HOUR / 2);
    const [open] = await domain.context.store.runs.open();
    if (open === undefined) throw new Error("The job is not open.");
    await store.runs.insert(open);
    const later = laterMoorage({ ...domain, context: { ...domain.context, store } });
    clock.jump(ms);
    clock.pass(HOUR / 2);
    expect(await recoverRuns(later.context)).toEqual([]);
    clock.pass(MINUTE);
    expect(await recoverRuns(later.context)).toMatchObject([{ runId: open.id, status: "timed_out" }]);
    expect(await domain.context.engine.inspect(open.sandboxId)).toBeUndefined();
  });

  it("a job that ended in time is not past its deadline because the clock was set while it ran", async () => {
    const clock = setClock();
    await using domain = openMemoryDomain({ clock }, { clock });
    await using store = openSqliteStore(":memory:");
    await abandonedJob(domain, ["sleep", "600"], HOUR / 2);
    for (const run of await domain.context.store.runs.open()) await store.runs.insert(run);
    const { engine } = domain.context;
    clock.pass(MINUTE);
    clock.jump(HOUR);
    const finishedAt = clock.now();
    const inspect: Engine["inspect"] = async (id, signal) => {
      const unit = await engine.inspect(id, signal);
      return unit === undefined ? undefined : { ...unit, state: "exited", exitCode: 0, finishedAt };
    };
    const context = { ...domain.context, store, engine: { ...engine, inspect } };
    const later = laterMoorage({ ...domain, context });
    const [recovered] = await recoverRuns(later.context);
    const record = await later.platform.run.get({ runId: recovered?.runId ?? "" });
    expect(record).toMatchObject({ status: "succeeded", exitCode: 0, timedOut: false, durationMs: null });
    expect(record.warnings).toContain("The clock was set during this run: how long it took is not known.");
  });

  it("a job whose Moorage had another clock is judged by its engine's times", async () => {
    const clock = setClock();
    await using domain = openMemoryDomain({ clock }, { clock });
    await using store = openSqliteStore(":memory:");
    await abandonedJob(domain, ["sleep", "600"], HOUR / 2);
    for (const run of await domain.context.store.runs.open()) await store.runs.insert(run);
    const { context } = laterMoorage({ ...domain, context: { ...domain.context, store } });
    const rebooted = { ...context, holders: { ...context.holders, sharesClock: () => false } };
    clock.pass(HOUR / 2);
    expect(await recoverRuns(rebooted)).toEqual([]);
    clock.pass(MINUTE);
    expect(await recoverRuns(rebooted)).toMatchObject([{ status: "timed_out" }]);
  });

  it("a sandbox's open run is ended, and recorded as interrupted, without a code", async () => {
    await using domain = openMemoryDomain();
    await using lost = await lostExec(domain);
    const recovered = await recoverRuns(lost.later.context);
    expect(recovered).toMatchObject([{ status: "interrupted" }]);
    const { items } = await lost.later.platform.receipt.list({});
    expect(items).toMatchObject([{ status: "interrupted", exitCode: null, stdoutBytes: null }]);
    const record = await lost.later.platform.run.get({ runId: recovered[0]?.runId ?? "" });
    expect(record.warnings).toContain("It still ran when it was found, and was ended then.");
    expect((await lost.ended)?.type).toBe("result");
  });

  it("a job that was made and never started is recorded as interrupted, and its unit removed", async () => {
    await using domain = openMemoryDomain();
    await using store = openSqliteStore(":memory:");
    const { sandboxId } = await abandonedJob(domain, ["sleep", "60"], 60_000);
    for (const run of await domain.context.store.runs.open()) await store.runs.insert(run);
    const { engine } = domain.context;
    const unstarted = { state: "created", exitCode: null, startedAt: null, finishedAt: null } as const;
    const inspect: Engine["inspect"] = async (id, signal) => {
      const unit = await engine.inspect(id, signal);
      return unit === undefined ? undefined : { ...unit, ...unstarted };
    };
    const context = { ...domain.context, store, engine: { ...engine, inspect } };
    const later = laterMoorage({ ...domain, context });
    expect(await recoverRuns(later.context)).toMatchObject([{ status: "interrupted" }]);
    expect(await engine.inspect(sandboxId)).toBeUndefined();
  });

  it("a lost run has what it printed until then, from its log", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await resultOf(domain.platform.job.run({ command: ["print", "printed"] }));
    const nothing = new Uint8Array();
    const { runs } = domain.context.store;
    const ended = await runs.find("alice", runId);
    await runs.remove(runId);
    if (ended !== undefined) await runs.insert({ ...ended, status: "running", stdout: nothing, stdoutBytes: 0 });
    const later = laterMoorage(domain);
    expect(await recoverRuns(later.context)).toEqual([{ runId, status: "interrupted" }]);
    const record = await later.platform.run.get({ runId });
    expect(record).toMatchObject({ status: "interrupted", stdout: "printed", truncated: true });
    expect(await collect(later.platform.run.attach({ runId }))).toMatchObject([
      { type: "started" },
      { type: "stdout", data: "printed" },
      { type: "result", result: { status: "interrupted" } },
    ]);
  });

  it("a sandbox's run that cannot be ended yet, because the sandbox is paused, stays open for a later start", async () => {
    await using domain = openMemoryDomain();
    await using lost = await lostExec(domain);
    domain.control.failNext("endLost", new MoorageError("SANDBOX_NOT_RUNNING", "It is paused."));
    expect(await recoverRuns(lost.later.context)).toEqual([]);
    expect(await recoverRuns(lost.later.context)).toMatchObject([{ status: "interrupted" }]);
    expect((await lost.ended)?.type).toBe("result");
  });

  it("the others of a sandbox that had to be stopped for a lost run are told so", async () => {
    await using domain = openMemoryDomain();
    await using lost = await lostExec(domain);
    const { store } = lost.later.context;
    const [open] = await store.runs.open();
    if (open === undefined) throw new Error("The run is not open.");
    const other = { ...open, id: newId(), handle: "other", holder: "later" };
    await store.runs.insert(other);
    domain.control.makeStubborn(open.sandboxId);
    expect(await recoverRuns(lost.later.context)).toMatchObject([{ runId: open.id }]);
    expect((await store.runs.find("alice", other.id))?.reason).toBe(
      `The sandbox was stopped by Moorage: what run ${open.id} had started could not be ended otherwise.`,
    );
  });

  it("a unit that nobody owns is removed, one that somebody owns stays", async () => {
    await using domain = openMemoryDomain();
    const kept = await domain.platform.sandbox.create({});
    const orphan = await domain.platform.sandbox.create({});
    await domain.context.store.sandboxes.remove(orphan.id);
    expect((await cleanup(domain.context)).removed).toEqual([{ kind: "sandbox", id: orphan.id }]);
    expect((await domain.context.engine.list()).map((unit) => unit.id)).toEqual([kept.id]);
  });

  it("a half-made sandbox is swept when its maker is dead", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    await domain.context.store.sandboxes.transition(id, {}, { state: "starting" });
    expect((await cleanup(domain.context)).removed).toEqual([]);
    expect((await cleanup(laterMoorage(domain).context)).removed).toEqual([{ kind: "sandbox", id }]);
    expect(await domain.context.engine.list()).toEqual([]);
  });
});
