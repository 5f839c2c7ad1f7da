import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { collect, openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { Engine } from "../../engine/engine.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");

describe("the power of a sandbox", () => {
  it("is stopped and started again with its files", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file } = domain.platform;
    const { id } = await sandbox.create({ name: "web" });
    await file.write({ id, path: "kept", content: "text" });
    expect(await sandbox.stop({ id: "web" })).toMatchObject({ id, state: "stopped", pausedBy: "owner", reason: null });
    expect(await domain.context.engine.inspect(id)).toMatchObject({ state: "exited" });
    expect(await file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
    expect(await sandbox.start({ id: "web" })).toMatchObject({ id, state: "running", pausedBy: null });
    expect(await resultOf(sandbox.exec({ id, command: ["cat", "kept"] }))).toMatchObject({ exitCode: 0 });
  });

  it("is paused and resumed, and tells since when", async () => {
    let now = Date.UTC(2026, 0, 1);
    await using domain = openMemoryDomain({ clock: { now: () => now, monotonic: () => performance.now() } });
    const { sandbox } = domain.platform;
    const { id, stateSince } = await sandbox.create({});
    expect(stateSince).toBe("2026-01-01T00:00:00.000Z");
    now += 60_000;
    expect(await sandbox.pause({ id })).toMatchObject({
      state: "paused",
      pausedBy: "owner",
      stateSince: "2026-01-01T00:01:00.000Z",
    });
    now += 60_000;
    const resumed = { state: "running", pausedBy: null, stateSince: "2026-01-01T00:02:00.000Z" };
    expect(await sandbox.resume({ id })).toMatchObject(resumed);
    expect(await sandbox.get({ id })).toMatchObject(resumed);
  });

  it("is restarted from wherever it is", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    expect(await sandbox.restart({ id })).toMatchObject({ state: "running" });
    await sandbox.pause({ id });
    expect(await sandbox.restart({ id, graceMs: 0 })).toMatchObject({ state: "running" });
    await sandbox.stop({ id });
    expect(await sandbox.restart({ id })).toMatchObject({ state: "running" });
  });

  it("stays as it is when it is there already: stop, start, pause and resume may be repeated", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    for (const [verb, state] of [
      ["start", "running"],
      ["resume", "running"],
      ["pause", "paused"],
      ["resume", "running"],
      ["stop", "stopped"],
      ["start", "running"],
    ] as const) {
      const first = await sandbox[verb]({ id });
      expect(first.state, verb).toBe(state);
      expect(await sandbox[verb]({ id }), verb).toEqual(first);
    }
  });

  it("stopped by its owner and by ten others at once is stopped once", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    let stops = 0;
    const { engine } = domain.context;
    const counting: Engine = {
      ...engine,
      stop: (...given) => {
        stops += 1;
        return engine.stop(...given);
      },
    };
    const platform = createPlatform({ ...domain.context, engine: counting }, alice);
    const all = await Promise.all(Array.from({ length: 11 }, () => platform.sandbox.stop({ id })));
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(["stopped"]));
    expect(stops).toBe(1);
  });

  it("of somebody else is NOT_FOUND", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const bob = domain.platformOf("bob").sandbox;
    for (const verb of ["stop", "start", "restart", "pause", "resume"] as const) {
      await expect(bob[verb]({ id })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `You have no sandbox "${id}".`,
      });
    }
    expect((await domain.platform.sandbox.get({ id })).state).toBe("running");
  });
});

describe("a sandbox that does not run", () => {
  const refusals = [
    ["pause", "stop", 'Sandbox "web" is stopped; it cannot pause from there.', "moorage sandbox start web"],
    ["resume", "stop", 'Sandbox "web" is stopped; it cannot resume from there.', "moorage sandbox start web"],
    ["start", "pause", 'Sandbox "web" is paused; it cannot start from there.', "moorage sandbox resume web"],
  ] as const;

  it.each(refusals)("refuses %s after %s, and says what helps", async (verb, ...[before, message, hint]) => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    await sandbox.create({ name: "web" });
    await sandbox[before]({ id: "web" });
    const refused = { code: "SANDBOX_NOT_RUNNING", message, hint: `Let it go on with \`${hint}\`.` };
    await expect(sandbox[verb]({ id: "web" })).rejects.toMatchObject(refused);
  });

  it("refuses a run, and files where they cannot be had", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file } = domain.platform;
    await sandbox.create({ name: "web" });
    await sandbox.pause({ id: "web" });
    const resume = "Let it go on with `moorage sandbox resume web`.";
    await expect(collect(sandbox.exec({ id: "web", command: ["true"] }))).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message: 'Sandbox "web" is paused; a run needs one that is running.',
      hint: resume,
    });
    await expect(file.list({ id: "web" })).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message: 'Sandbox "web" is paused; its files are out of reach.',
      hint: resume,
    });
    expect((await sandbox.get({ id: "web" })).state).toBe("paused");
    expect((await sandbox.runs({ id: "web" })).items).toEqual([]);
  });

  it("that is lost can only be removed", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ name: "web" });
    domain.control.vanish(id);
    const lost = {
      code: "SANDBOX_NOT_RUNNING",
      message: 'Sandbox "web" is lost (The engine no longer has it); it cannot start from there.',
      hint: "Remove it with `moorage sandbox rm web` and create it anew.",
    };
    await expect(sandbox.start({ id: "web" })).rejects.toMatchObject(lost);
    await sandbox.remove({ id: "web" });
    expect((await sandbox.create({ name: "web" })).state).toBe("running");
  });

  it("tells that the engine stopped it, and can be started", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    domain.control.stop(id);
    expect(await sandbox.get({ id })).toMatchObject({
      state: "stopped",
      pausedBy: "engine",
      reason: "It was ended on the engine with code 137.",
    });
    expect(await sandbox.start({ id })).toMatchObject({ state: "running", reason: null });
  });
});

describe("a change that fails", () => {
  it("leaves the state that the engine shows, and the next one works", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    for (const verb of ["stop", "pause"] as const) {
      domain.control.failNext(verb, new MoorageError("ENGINE_FAILED", "The engine coughed."));
      await expect(sandbox[verb]({ id })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
      expect(await sandbox.get({ id })).toMatchObject({ state: "running", pausedBy: null });
    }
    expect((await sandbox.stop({ id })).state).toBe("stopped");
  });

  it("because the sandbox was removed meanwhile is a CONFLICT, and nothing is left", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const slow: Engine = {
      ...engine,
      stop: async (id, ...given) => {
        await engine.stop(id, ...given);
        await domain.platform.sandbox.remove({ id });
      },
    };
    const platform = createPlatform({ ...domain.context, engine: slow }, alice);
    const { id } = await platform.sandbox.create({ name: "web" });
    await expect(platform.sandbox.stop({ id })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The sandbox "web" was removed meanwhile.',
    });
    expect(await engine.list()).toEqual([]);
    expect(await domain.context.store.sandboxes.all()).toEqual([]);
  });

  it("does not stop half-way when its caller leaves", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const leaving = new AbortController();
    const slow: Engine = {
      ...engine,
      stop: async (...given) => {
        leaving.abort();
        await engine.stop(...given);
      },
    };
    const platform = createPlatform({ ...domain.context, engine: slow }, alice);
    const { id } = await platform.sandbox.create({});
    expect((await platform.sandbox.stop({ id }, { signal: leaving.signal })).state).toBe("stopped");
    const late = platform.sandbox.start({ id }, { signal: leaving.signal });
    await expect(late).rejects.toMatchObject({ code: "CANCELED" });
    expect((await platform.sandbox.get({ id })).state).toBe("stopped");
  });

  it("is refused where the engine cannot hold a sandbox still", async () => {
    await using domain = openMemoryDomain();
    const { freezer: _freezer, ...engine } = domain.context.engine;
    const platform = createPlatform({ ...domain.context, engine }, alice);
    const { id } = await platform.sandbox.create({});
    await expect(platform.sandbox.pause({ id })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: `The sandbox "${id}" cannot be paused: the memory engine cannot hold one still.`,
      hint: "Stop it with `moorage sandbox stop` instead.",
    });
    const { freezer } = domain.context.engine;
    if (freezer === undefined) throw new Error("Expected a freezer.");
    const held = { ...freezer, obstacle: () => Promise.resolve("nothing can be held still on Tuesdays") };
    const elsewhere = createPlatform({ ...domain.context, engine: { ...engine, freezer: held } }, alice);
    await expect(elsewhere.sandbox.pause({ id })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: `The sandbox "${id}" cannot be paused: nothing can be held still on Tuesdays.`,
    });
  });
});
