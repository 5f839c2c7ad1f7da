import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { collect, openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { createPlatform } from "../domain.ts";
import { Sessions } from "../session/sessions.ts";
import { createPoolKeeper } from "../pool/keeper.ts";
import { sampleOnce } from "../stats/sampler.ts";
import { cleanup } from "../recovery/cleanup.ts";
import { createReaper } from "./reaper.ts";
import { unrestricted } from "../access/principal.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const alice = unrestricted("alice");

function openReaper() {
  const clock = setClock();
  const domain = openMemoryDomain({ clock }, { clock });
  const reaper = createReaper(domain.context);
  return {
    clock,
    domain,
    reaper,
    sandbox: domain.platform.sandbox,
    [Symbol.asyncDispose]: domain[Symbol.asyncDispose],
  };
}

/** A later Moorage on the same engine and store, to which every other holder is dead. */
function laterMoorage({ context }: MemoryDomain) {
  const later = {
    ...context,
    holders: { ...context.holders, self: "later", isAlive: (holder: string) => holder === "later" },
  };
  return { context: later, platform: createPlatform(later, alice), reaper: createReaper(later) };
}

describe("an idle sandbox", () => {
  it("is paused after an hour, and says why", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({});
    it.clock.pass(HOUR - 1);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(1);
    expect(await it.reaper.sweep()).toEqual([{ what: "idle", id }]);
    expect(await it.sandbox.get({ id })).toMatchObject({
      state: "paused",
      pausedBy: "idle",
      reason: "It was idle for 1 h.",
    });
    expect(await it.reaper.sweep()).toEqual([]);
  });

  it("is woken by a run and by a file access, and counts anew from there", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({ idleTimeoutMs: MINUTE });
    const uses = [
      () => resultOf(it.sandbox.exec({ id, command: ["true"] })),
      () => it.domain.platform.file.list({ id }),
      () => it.domain.platform.file.write({ id, path: "a", content: "a" }),
      () => it.sandbox.resume({ id }),
    ];
    for (const use of uses) {
      it.clock.pass(MINUTE);
      expect(await it.reaper.sweep()).toEqual([{ what: "idle", id }]);
      await use();
      expect(await it.sandbox.get({ id })).toMatchObject({ state: "running", pausedBy: null, reason: null });
      it.clock.pass(MINUTE - 1);
      expect(await it.reaper.sweep()).toEqual([]);
    }
  });

  it("stays paused once its owner has said so too", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({});
    it.clock.pass(HOUR);
    await it.reaper.sweep();
    expect(await it.sandbox.pause({ id })).toMatchObject({ state: "paused", pausedBy: "owner", reason: null });
    const run = collect(it.sandbox.exec({ id, command: ["true"] }));
    await expect(run).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
  });

  it("is not one with a run, however long that takes", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({});
    const leaving = new AbortController();
    const running = collect(it.sandbox.exec({ id, command: ["sleep", "60"] }, { signal: leaving.signal }));
    await expect.poll(async () => (await it.domain.context.store.runs.open()).length).toBe(1);
    it.clock.pass(5 * HOUR);
    expect(await it.reaper.sweep()).toEqual([]);
    leaving.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELED" });
    // Its end was the last use.
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(HOUR);
    expect(await it.reaper.sweep()).toEqual([{ what: "idle", id }]);
  });

  it("that is used in the moment of the pause goes on", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({});
    it.clock.pass(HOUR);
    const [, result] = await Promise.all([
      it.reaper.sweep(),
      resultOf(it.sandbox.exec({ id, command: ["echo", "in time"] })),
    ]);
    expect(result.stdout).toBe("in time\n");
    expect((await it.sandbox.get({ id })).state).toBe("running");
  });

  it("with a timeout of 0 is never paused", async () => {
    await using it = openReaper();
    await it.sandbox.create({ idleTimeoutMs: 0 });
    it.clock.pass(365 * 24 * HOUR);
    expect(await it.reaper.sweep()).toEqual([]);
  });

  it("is stopped where the engine cannot pause, and woken all the same", async () => {
    await using it = openReaper();
    const { freezer: _freezer, ...engine } = it.domain.context.engine;
    const context = { ...it.domain.context, engine };
    const { sandbox } = createPlatform(context, alice);
    const { id } = await sandbox.create({});
    it.clock.pass(HOUR);
    expect(await createReaper(context).sweep()).toEqual([{ what: "idle", id }]);
    expect(await sandbox.get({ id })).toMatchObject({ state: "stopped", pausedBy: "idle" });
    expect((await resultOf(sandbox.exec({ id, command: ["echo", "back"] }))).stdout).toBe("back\n");
    expect((await sandbox.get({ id })).state).toBe("running");
  });
});

describe("a time to live", () => {
  it("removes the sandbox when it is up, whatever it does", async () => {
    await using it = openReaper();
    const { id, expiresAt } = await it.sandbox.create({ ttlMs: MINUTE });
    expect(expiresAt).toBe("2026-01-01T00:01:00.000Z");
    it.clock.pass(MINUTE);
    expect(await it.reaper.sweep()).toEqual([{ what: "expired", id }]);
    await expect(it.sandbox.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await it.domain.context.engine.list()).toEqual([]);
  });

  it("is renewed from now, by its own length or another", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({ name: "web", ttlMs: MINUTE });
    it.clock.pass(MINUTE / 2);
    expect(await it.sandbox.renew({ id })).toMatchObject({ expiresAt: "2026-01-01T00:01:30.000Z" });
    expect(await it.sandbox.renew({ id: "web", ttlMs: HOUR })).toMatchObject({ expiresAt: "2026-01-01T01:00:30.000Z" });
    it.clock.pass(HOUR - 1);
    expect((await it.reaper.sweep()).filter(({ what }) => what === "expired")).toEqual([]);
    it.clock.pass(1);
    expect(await it.reaper.sweep()).toEqual([{ what: "expired", id }]);
  });

  it("that is up is not renewed", async () => {
    await using it = openReaper();
    await it.sandbox.create({ name: "web", ttlMs: MINUTE });
    it.clock.pass(MINUTE);
    await expect(it.sandbox.renew({ id: "web" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The time of sandbox "web" was up at 2026-01-01T00:01:00.000Z; it is being removed.',
      hint: "Create a new one, and renew it before its time is up.",
    });
    await it.reaper.sweep();
    await expect(it.sandbox.renew({ id: "web" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("that was never given cannot be renewed without one", async () => {
    await using it = openReaper();
    await it.sandbox.create({ name: "web" });
    await expect(it.sandbox.renew({ id: "web" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'Sandbox "web" has no time to live that could be renewed.',
      hint: "Give it one: `moorage sandbox renew web --ttl 1h`.",
    });
    expect((await it.sandbox.renew({ id: "web", ttlMs: 1 })).expiresAt).toBe("2026-01-01T00:00:00.001Z");
  });
});

describe("a clock that jumps", () => {
  it.each([10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR])("by %d ms neither pauses nor removes anything", async (ms) => {
    await using it = openReaper();
    const idle = await it.sandbox.create({});
    const mortal = await it.sandbox.create({ idleTimeoutMs: 0, ttlMs: HOUR });
    it.clock.pass(30 * MINUTE);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.jump(ms);
    it.clock.pass(MINUTE);
    expect(await it.reaper.sweep()).toEqual([]);
    // What was left before is left after.
    it.clock.pass(29 * MINUTE - 1);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(1);
    const swept = await it.reaper.sweep();
    expect(swept).toHaveLength(2);
    expect(swept).toEqual(
      expect.arrayContaining([
        { what: "idle", id: idle.id },
        { what: "expired", id: mortal.id },
      ]),
    );
  });

  it.each([10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR])(
    "by %d ms moves no timer twice that is set before the next sweep",
    async (ms) => {
      await using it = openReaper();
      const idle = await it.sandbox.create({});
      const mortal = await it.sandbox.create({ idleTimeoutMs: 0, ttlMs: HOUR });
      it.clock.pass(30 * MINUTE);
      it.clock.jump(ms);
      await resultOf(it.sandbox.exec({ id: idle.id, command: ["true"] }));
      await it.sandbox.renew({ id: mortal.id });
      const made = await it.sandbox.create({ idleTimeoutMs: 0, ttlMs: HOUR });
      expect(await it.reaper.sweep()).toEqual([]);
      it.clock.pass(HOUR - 1);
      expect(await it.reaper.sweep()).toEqual([]);
      it.clock.pass(1);
      const swept = (await it.reaper.sweep()).map(({ id }) => id);
      expect(swept.toSorted()).toEqual([idle.id, mortal.id, made.id].toSorted());
    },
  );

  it("moves all timers in a later sweep where the registry could not be written", async () => {
    await using it = openReaper();
    const { context } = it.domain;
    await it.sandbox.create({ idleTimeoutMs: 0, ttlMs: HOUR });
    const { sandboxes } = context.store;
    const shiftTimers = () => Promise.reject(new MoorageError("DISK_FULL", "The disk is full."));
    const full = { ...context, store: { ...context.store, sandboxes: { ...sandboxes, shiftTimers } } };
    it.clock.jump(2 * HOUR);
    // What may free room gets its turn all the same.
    expect(await createReaper(full).sweep()).toEqual([]);
    expect(context.undone.latest).toMatchObject([{ kind: "registry", code: "DISK_FULL" }]);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(HOUR);
    expect(await it.reaper.sweep()).toMatchObject([{ what: "expired" }]);
  });

  it.each([400 * 24 * HOUR, -400 * 24 * HOUR])(
    "by %d ms gives up no snapshot that is being taken, and keeps none that was given up",
    async (ms) => {
      await using it = openReaper();
      const { context } = it.domain;
      const { id } = await it.sandbox.create({ idleTimeoutMs: 0 });
      const { snapshots } = context.engine;
      if (snapshots === undefined) throw new Error("The engine memory takes snapshots.");
      const [taking, go] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const take: typeof snapshots.take = async (...given) => {
        taking.resolve(undefined);
        await go.promise;
        return snapshots.take(...given);
      };
      const engine = { ...context.engine, snapshots: { ...snapshots, take } };
      const taken = createPlatform({ ...context, engine }, alice).sandbox.snapshot({ id, name: "base" });
      await taking.promise;
      it.clock.jump(ms);
      expect(await it.reaper.sweep()).toEqual([]);
      go.resolve(undefined);
      expect(await taken).toMatchObject({ name: "base" });
      const [row] = await context.store.snapshots.all();
      if (row === undefined) throw new Error("The snapshot has no row.");
      const left = { ...row, id: newId(), name: null, transient: true, sinceMs: it.clock.monotonic() };
      await context.store.snapshots.insert(left, 100);
      it.clock.jump(ms);
      it.clock.pass(15 * MINUTE);
      expect(await it.reaper.sweep()).toEqual([]);
      it.clock.pass(1);
      expect(await it.reaper.sweep()).toEqual([{ what: "snapshot", id: left.id }]);
    },
  );

  it("in the middle of a sweep ends nothing before the next one has moved the timers", async () => {
    const clock = setClock();
    await using domain = openMemoryDomain({ clock }, { clock });
    const { platform, context } = domain;
    await platform.sandbox.create({ ttlMs: 2 * HOUR });
    const { store } = context;
    const jumping = once(() => clock.jump(3 * HOUR));
    const open: typeof store.runs.open = () => {
      jumping();
      return store.runs.open();
    };
    const reaper = createReaper({ ...context, store: { ...store, runs: { ...store.runs, open } } });
    expect(await reaper.sweep()).toEqual([]);
    expect(await reaper.sweep()).toEqual([]);
    clock.pass(2 * HOUR);
    expect(await reaper.sweep()).toMatchObject([{ what: "expired" }]);
  });

  it.each([400 * 24 * HOUR, -400 * 24 * HOUR])(
    "by %d ms takes no log of a run away before the next sweep, or where that cannot move the timers",
    async (ms) => {
      const clock = setClock();
      // Logs are files, whose times are the machine's own.
      clock.jump(Date.now() - clock.now());
      await using domain = openMemoryDomain({ clock }, { clock });
      const { platform, context } = domain;
      const { sandboxes } = context.store;
      const shiftTimers = () => Promise.reject(new MoorageError("DISK_FULL", "The disk is full."));
      const full = { ...context, store: { ...context.store, sandboxes: { ...sandboxes, shiftTimers } } };
      const { runId } = await resultOf(platform.job.run({ command: ["echo", "kept"] }));
      const reaper = createReaper(full);
      clock.jump(ms);
      await cleanup(context);
      await reaper.sweep();
      expect((await platform.run.logs({ runId })).items).toMatchObject([{ data: "kept\n" }]);
    },
  );

  it("takes no record or log of a run away, and ends no session", async () => {
    const clock = setClock();
    // Logs are files, whose times are the machine's own.
    clock.jump(Date.now() - clock.now());
    await using domain = openMemoryDomain({ clock, sessions: new Sessions(clock) }, { clock });
    const { platform, context } = domain;
    const { id } = await platform.sandbox.create({ idleTimeoutMs: 0 });
    const { runId } = await resultOf(platform.sandbox.exec({ id, command: ["echo", "kept"] }));
    await context.sessions.open({ sandboxId: id, name: "work" }, (stdin) =>
      context.engine.exec(id, { command: ["cat"], env: {}, cwd: "/workspace", stdin }),
    );
    const reaper = createReaper(context);
    clock.jump(400 * 24 * HOUR);
    await reaper.sweep();
    await cleanup(context);
    await context.sessions.endIdle();
    expect((await platform.run.logs({ runId })).items).toMatchObject([{ data: "kept\n" }]);
    expect(await context.sessions.of(id)).toHaveLength(1);
    clock.pass(2 * HOUR);
    await context.sessions.endIdle();
    expect(await context.sessions.of(id)).toEqual([]);
  });

  it("is not one that is only looked at late", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({});
    it.clock.pass(24 * HOUR);
    expect(await it.reaper.sweep()).toEqual([{ what: "idle", id }]);
  });
});

describe("an orphan", () => {
  it("is removed after it was seen for its grace, and one whose record appears is not", async () => {
    await using it = openReaper();
    const kept = await it.sandbox.create({ idleTimeoutMs: 0 });
    const orphan = await it.sandbox.create({});
    await it.domain.context.store.sandboxes.remove(orphan.id);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(5 * MINUTE - 1);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(1);
    expect(await it.reaper.sweep()).toEqual([{ what: "orphan", id: orphan.id }]);
    expect((await it.domain.context.engine.list()).map((unit) => unit.id)).toEqual([kept.id]);
  });
});

describe("a later Moorage", () => {
  it("adopts what runs, and tells what is gone and what was stopped", async () => {
    await using it = openReaper();
    const [running, gone, stopped] = [
      await it.sandbox.create({}),
      await it.sandbox.create({}),
      await it.sandbox.create({}),
    ];
    it.domain.control.vanish(gone.id);
    it.domain.control.stop(stopped.id);
    const later = laterMoorage(it.domain);
    expect(await later.reaper.sweep()).toEqual([]);
    const rows = await it.domain.context.store.sandboxes.all();
    expect(rows.find((row) => row.id === running.id)).toMatchObject({ state: "running" });
    expect(rows.find((row) => row.id === gone.id)).toMatchObject({
      state: "lost",
      reason: "The engine no longer has it.",
    });
    expect(rows.find((row) => row.id === stopped.id)).toMatchObject({ state: "stopped", pausedBy: "engine" });
    expect((await later.platform.sandbox.start({ id: stopped.id })).state).toBe("running");
  });

  it("tells a half-made sandbox as failed, and its name can be used again", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({ name: "web" });
    await it.domain.context.store.sandboxes.transition(id, {}, { state: "starting" });
    expect(await it.reaper.sweep()).toEqual([]);
    const later = laterMoorage(it.domain);
    expect(await later.reaper.sweep()).toEqual([{ what: "failed", id }]);
    expect(await later.platform.sandbox.get({ id })).toMatchObject({
      state: "error",
      reason: "Moorage was ended while it was starting.",
    });
    expect(await it.domain.context.engine.list()).toEqual([]);
    const again = await later.platform.sandbox.create({ name: "web" });
    expect(again).toMatchObject({ state: "running" });
    expect(again.id).not.toBe(id);
  });
});

describe("a sweep", () => {
  it("goes on where one sandbox fails, and tries that one again", async () => {
    await using it = openReaper();
    const made = [await it.sandbox.create({ ttlMs: 1 }), await it.sandbox.create({ ttlMs: 1 })].map(({ id }) => id);
    it.clock.pass(1);
    it.domain.control.failNext("remove", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    const first = await it.reaper.sweep();
    expect(first).toHaveLength(1);
    const swept = [...first, ...(await it.reaper.sweep())].map(({ id }) => id);
    expect(swept.toSorted()).toEqual(made.toSorted());
  });

  it("reads no whole table, and neither do lists, samples and the pool", async () => {
    await using it = openReaper();
    await it.sandbox.create({ name: "web" });
    await it.sandbox.snapshot({ id: "web", name: "base" });
    const { context } = it.domain;
    const all = (): Promise<never> => Promise.reject(new Error("It read a whole table."));
    const { sandboxes, snapshots } = context.store;
    const store = { ...context.store, sandboxes: { ...sandboxes, all }, snapshots: { ...snapshots, all } };
    const measured = { ...context, store };
    const { sandbox, snapshot } = createPlatform(measured, alice);
    expect((await sandbox.list({ state: ["running"], limit: 50 })).items).toMatchObject([{ name: "web" }]);
    expect((await snapshot.list({})).items).toMatchObject([{ name: "base", sandboxes: [] }]);
    await sampleOnce(measured);
    await createPoolKeeper(measured).fill();
    expect(await createReaper(measured).sweep()).toEqual([]);
  });

  it("follows another until the server ends", async () => {
    await using it = openReaper();
    const { id } = await it.sandbox.create({ ttlMs: 1 });
    const ending = new AbortController();
    const running = it.reaper.run(ending.signal);
    it.clock.pass(1);
    const { store } = it.domain.context;
    await expect.poll(() => store.sandboxes.get(id), { timeout: 20_000 }).toBeUndefined();
    ending.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
