import { describe, expect, it } from "vitest";
import { openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { createReaper } from "../reaper/reaper.ts";
import { cleanup } from "./cleanup.ts";

const HOUR = 3_600_000;
const stuck = new MoorageError("ENGINE_FAILED", "The engine coughed.");

/** A Moorage after another, with two lost runs; the engine fails at those sandboxes. */
async function openBroken() {
  const clock = setClock();
  const domain = openMemoryDomain({ clock }, { clock });
  const { platform } = domain;
  const expired = await platform.sandbox.create({ name: "expired", ttlMs: HOUR });
  const broken = await platform.sandbox.create({ name: "broken" });
  const well = await platform.sandbox.create({ name: "well" });
  const runs = [await lostRun(domain, broken.id), await lostRun(domain, well.id)];
  clock.pass(HOUR);
  let failing = true;
  const endLost: Engine["endLost"] = (id, ...rest) =>
    failing && id === broken.id ? Promise.reject(stuck) : domain.context.engine.endLost(id, ...rest);
  const context: DomainContext = { ...domain.context, engine: { ...domain.context.engine, endLost } };
  return {
    ...domain,
    context,
    expired,
    broken,
    runs,
    mend: () => (failing = false),
    statusOf: async (runId: string) => (await platform.run.get({ runId })).status,
    [Symbol.asyncDispose]: domain[Symbol.asyncDispose],
  };
}

/** The row of a run whose Moorage was ended in the middle of it. */
async function lostRun({ context, platform }: MemoryDomain, sandboxId: string): Promise<string> {
  for await (const event of platform.sandbox.exec({ id: sandboxId, command: ["true"] })) {
    if (event.type !== "result") continue;
    const { runId } = event.result;
    const row = await context.store.runs.find("alice", runId);
    await context.store.runs.remove(runId);
    if (row !== undefined) await context.store.runs.insert({ ...row, status: "running", holder: "dead" });
    return runId;
  }
  throw new Error("The run has no result.");
}

describe("a lost run that cannot be ended", () => {
  it("keeps no sweep from the others and from what else is due, and is tried again", async () => {
    await using it = await openBroken();
    const reaper = createReaper(it.context);
    const [broken = "", well = ""] = it.runs;
    expect(await reaper.sweep()).toContainEqual({ what: "expired", id: it.expired.id });
    expect([await it.statusOf(broken), await it.statusOf(well)]).toEqual(["running", "interrupted"]);
    it.mend();
    await reaper.sweep();
    expect(await it.statusOf(broken)).toBe("interrupted");
  });

  it("is told by cleanup, which does the rest, and by doctor until it is done", async () => {
    await using it = await openBroken();
    const [broken = "", well = ""] = it.runs;
    const failed = [{ kind: "run", id: broken, code: "ENGINE_FAILED", message: "The engine coughed." }];
    expect(await cleanup(it.context)).toEqual({
      ok: false,
      removed: [{ kind: "sandbox", id: it.expired.id }],
      recovered: [{ runId: well, status: "interrupted" }],
      failed,
    });
    const finding = async () => {
      const { findings } = await it.platform.system.doctor({});
      return findings.find(({ check }) => check === "system.recovery");
    };
    expect(await finding()).toEqual({
      check: "system.recovery",
      status: "warning",
      message: `1 thing that ended Moorages have left could not be cleared up yet: run ${broken} (The engine coughed.).`,
      fix: "It is tried again by each sweep; `moorage cleanup` tries now, and tells how it goes.",
    });
    it.mend();
    expect(await cleanup(it.context)).toMatchObject({ ok: true, recovered: [{ runId: broken }], failed: [] });
    expect(await finding()).toMatchObject({ status: "ok", fix: null });
  });
});

it("what could not be finished when it was due, and still cannot, is told", async () => {
  await using it = await openBroken();
  it.mend();
  let failing = true;
  const work = (): Promise<void> => (failing ? Promise.reject(stuck) : Promise.resolve());
  await it.context.owed.attempt("the record of a run", work);
  const failed = [
    { kind: "unfinished", id: "the record of a run", code: "ENGINE_FAILED", message: "The engine coughed." },
  ];
  expect(await cleanup(it.context)).toMatchObject({ ok: false, failed });
  failing = false;
  expect(await cleanup(it.context)).toMatchObject({ ok: true, failed: [] });
});

describe("what fails in the middle of a sweep keeps it from nothing else", () => {
  it.each(["networks.list", "snapshots.clear"] as const)("%s", async (method) => {
    await using it = await openBroken();
    it.mend();
    it.control.failNext(method, stuck);
    const { ok, removed, recovered, failed } = await cleanup(it.context);
    expect({ ok, failed }).toEqual({
      ok: false,
      failed: [{ kind: "engine", id: "memory", code: "ENGINE_FAILED", message: "The engine coughed." }],
    });
    expect(removed).toEqual([{ kind: "sandbox", id: it.expired.id }]);
    expect(recovered).toHaveLength(2);
  });

  it("an orphan that cannot be removed", async () => {
    await using it = await openBroken();
    it.mend();
    const orphans = [await it.platform.sandbox.create({}), await it.platform.sandbox.create({})];
    for (const { id } of orphans) await it.context.store.sandboxes.remove(id);
    const [first] = (await it.context.engine.list()).filter(({ id }) => orphans.some((orphan) => orphan.id === id));
    const remove: Engine["remove"] = (id, ...rest) =>
      id === first?.id ? Promise.reject(stuck) : it.context.engine.remove(id, ...rest);
    const report = await cleanup({ ...it.context, engine: { ...it.context.engine, remove } });
    expect(report.removed).toHaveLength(2);
    expect(report.failed).toMatchObject([{ kind: "sandbox", id: first?.id, message: "The engine coughed." }]);
  });
});
