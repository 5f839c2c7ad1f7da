import { describe, expect, it } from "vitest";
import { sleep } from "../../base/deadline.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { EngineSnapshots } from "../../engine/engine.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "../reaper/reaper.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");

/** A domain whose engine lets something happen in the middle of each snapshot. */
function openRacing() {
  const domain = openMemoryDomain();
  const { engine } = domain.context;
  const { snapshots } = engine;
  if (snapshots === undefined) throw new Error("The memory engine has snapshots.");
  let meanwhile: () => Promise<unknown> = () => Promise.resolve();
  const take: EngineSnapshots["take"] = async (...wish) => {
    await meanwhile();
    return snapshots.take(...wish);
  };
  const context = { ...domain.context, engine: { ...engine, snapshots: { ...snapshots, take } } };
  const racing: Platform = createPlatform(context, alice);
  return {
    ...domain,
    racing,
    during: (work: () => Promise<unknown>) => (meanwhile = work),
    [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose](),
  };
}

describe("while a snapshot is taken", () => {
  it("a run waits, and begins once it is", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({});
    const order: string[] = [];
    let run: Promise<unknown> = Promise.resolve();
    it.during(async () => {
      run = resultOf(it.platform.sandbox.exec({ id, command: ["true"] })).then(() => order.push("run"));
      await expect.poll(async () => (await it.context.store.runs.open()).length).toBe(1);
      order.push("snapshot");
    });
    await it.racing.sandbox.snapshot({ id });
    await run;
    expect(order).toEqual(["snapshot", "run"]);
  });

  it("a run that is to be ended is ended once it is, and the sandbox goes on", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({});
    const run = resultOf(it.platform.sandbox.exec({ id, command: ["sleep", "60"] }));
    const open = () => it.context.store.runs.open();
    await expect.poll(async () => (await open()).length).toBe(1);
    const [{ id: runId } = { id: "" }] = await open();
    let killed: Promise<unknown> = Promise.resolve();
    it.during(async () => {
      killed = it.platform.run.kill({ runId });
      await sleep(200);
      expect(await open()).toHaveLength(1);
    });
    await it.racing.sandbox.snapshot({ id });
    await killed;
    expect(await run).toMatchObject({ status: "canceled" });
    expect((await it.platform.sandbox.get({ id })).state).toBe("running");
  });

  it("another one waits, and both are whole", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({});
    const both = await Promise.all([it.platform.sandbox.snapshot({ id }), it.platform.sandbox.snapshot({ id })]);
    expect(new Set(both.map(({ digest }) => digest)).size).toBe(2);
    expect((await it.platform.snapshot.list({})).items).toHaveLength(2);
  });

  it("the sandbox that is removed takes it with it", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({ name: "web" });
    it.during(() => it.platform.sandbox.remove({ id }));
    await expect(it.racing.sandbox.snapshot({ id, name: "base" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await it.context.store.sandboxes.all()).toEqual([]);
    expect(await it.context.store.snapshots.all()).toEqual([]);
  });

  it("what the engine shows of the sandbox is not taken for somebody's wish, and the reaper leaves both alone", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({ idleTimeoutMs: 1, ttlMs: 60_000 });
    it.during(async () => {
      await it.context.engine.freezer?.pause(id);
      expect(await it.platform.sandbox.get({ id })).toMatchObject({ state: "running", pausedBy: null });
      expect(await createReaper(it.context).sweep()).toEqual([]);
      await it.context.engine.freezer?.unpause(id);
    });
    await it.racing.sandbox.snapshot({ id });
    expect(await it.platform.sandbox.get({ id })).toMatchObject({ state: "running", pausedBy: null });
  });

  it("nobody sees it, and its removal is not possible yet", async () => {
    await using it = openRacing();
    const { id } = await it.platform.sandbox.create({});
    it.during(async () => {
      expect((await it.platform.snapshot.list({})).items).toEqual([]);
      await expect(it.platform.snapshot.remove({ id: "base" })).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(it.platform.sandbox.create({ snapshot: "base" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
    await it.racing.sandbox.snapshot({ id, name: "base" });
    expect((await it.platform.snapshot.list({})).items).toHaveLength(1);
  });
});

describe("a snapshot that is removed while a sandbox of it is prepared", () => {
  it("is refused to that, and nothing is left", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id } = await sandbox.create({});
    await sandbox.snapshot({ id, name: "base" });
    const { engine } = domain.context;
    const { snapshots } = engine;
    if (snapshots === undefined) throw new Error("The memory engine has snapshots.");
    const find: EngineSnapshots["find"] = async (...wish) => {
      const found = await snapshots.find(...wish);
      await snapshot.remove({ id: "base" });
      return found;
    };
    const context = { ...domain.context, engine: { ...engine, snapshots: { ...snapshots, find } } };
    await expect(createPlatform(context, alice).sandbox.create({ snapshot: "base" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The snapshot "base" was removed while the sandbox was being prepared.',
      hint: "List what there is with `moorage snapshot ls`.",
    });
    expect(await domain.context.engine.list()).toHaveLength(1);
  });
});
