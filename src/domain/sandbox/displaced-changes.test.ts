import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { settleOnce } from "../recovery/keep-settling.ts";
import { createReaper } from "../reaper/reaper.ts";
import { unrestricted } from "../access/principal.ts";

const DAY = 86_400_000;
const stuck = new MoorageError("ENGINE_FAILED", "The engine coughed.");
const alice = unrestricted("alice");
const gone = { code: "CONFLICT", message: 'The sandbox "web" was removed meanwhile.' };

type Interrupted = { readonly engine: Engine; readonly calls: () => number };
type Method = "createSandbox" | "start" | "remove";

/** The engine, before one of whose calls something else happens, once. */
function interrupted({ engine }: DomainContext, method: Method, meanwhile: () => Promise<unknown>): Interrupted {
  let calls = 0;
  const call = async (...given: unknown[]): Promise<unknown> => {
    calls += 1;
    if (calls === 1) await meanwhile();
    return Reflect.apply(engine[method], engine, given) as unknown;
  };
  return { engine: { ...engine, [method]: call }, calls: () => calls };
}

async function openDisplaced() {
  const clock = setClock();
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-displaced-"));
  const domain = openMemoryDomain({ clock, stateDirectory }, { clock });
  // As an engine without images: what is archived is made again from what is always there.
  const { snapshots: _snapshots, ...engine } = domain.context.engine;
  const context = { ...domain.context, engine };
  const platform = createPlatform(context, alice);
  const { sandbox, file } = platform;
  return {
    ...domain,
    context,
    platform,
    archives: () => readdir(join(stateDirectory, "archives")),
    archived: async () => {
      const { id } = await sandbox.create({ name: "web" });
      await file.write({ id, path: "kept", content: "text" });
      await sandbox.stop({ id });
      clock.pass(180 * DAY);
      expect(await createReaper(context).sweep()).toEqual([{ what: "archived", id }]);
    },
    during: (method: Method, meanwhile: () => Promise<unknown>) => {
      const { calls, ...its } = interrupted(context, method, meanwhile);
      return { platform: createPlatform({ ...context, ...its }, alice), calls };
    },
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

describe("a removal in the middle of another change", () => {
  it("leaves nothing of an archived sandbox that was being made again", async () => {
    await using it = await openDisplaced();
    await it.archived();
    const { platform } = it.during("createSandbox", () => it.platform.sandbox.remove({ id: "web" }));
    await expect(platform.sandbox.start({ id: "web" })).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
    expect(await it.context.store.sandboxes.all()).toEqual([]);
    expect(await it.context.engine.list()).toEqual([]);
    expect(await it.archives()).toEqual([]);
  });

  it.each(["createSandbox", "start"] as const)("that fails gives it back to the change, in its %s", async (method) => {
    await using it = await openDisplaced();
    if (method === "createSandbox") await it.archived();
    else {
      await it.platform.sandbox.create({ name: "web" });
      await it.platform.sandbox.stop({ id: "web" });
    }
    const { platform } = it.during(method, async () => {
      it.control.failNext("remove", stuck);
      await expect(it.platform.sandbox.remove({ id: "web" })).rejects.toBe(stuck);
    });
    expect(await platform.sandbox.start({ id: "web" })).toMatchObject({ state: "running" });
    expect(await it.context.store.sandboxes.all()).toMatchObject([{ state: "running", pending: null }]);
    expect(await it.context.engine.list()).toMatchObject([{ state: "running" }]);
    expect(await it.archives().catch(() => [])).toEqual([]);
  });

  it("that fails after the change has left off leaves it to be settled", async () => {
    await using it = await openDisplaced();
    await it.archived();
    const removing = Promise.withResolvers<void>();
    const fail = Promise.withResolvers<void>();
    const remover = it.during("remove", async () => {
      removing.resolve();
      await fail.promise;
      throw stuck;
    });
    let removal: Promise<unknown> = Promise.resolve();
    const { platform } = it.during("createSandbox", async () => {
      removal = remover.platform.sandbox.remove({ id: "web" });
      removal.catch(() => undefined);
      await removing.promise;
    });
    it.control.failNext("files.upload", stuck);
    const start = platform.sandbox.start({ id: "web" });
    start.catch(() => undefined);
    await expect.poll(async () => (await it.context.engine.list()).length).toBe(1);
    fail.resolve();
    await expect(removal).rejects.toBe(stuck);
    await expect(start).rejects.toBe(stuck);
    expect(await it.context.store.sandboxes.all()).toMatchObject([{ state: "archived", pending: null }]);
    expect(await it.context.engine.list()).toEqual([]);
    expect(await it.archives()).toHaveLength(1);
  });

  it("leaves nothing either where what was made since cannot be cleared away at once", async () => {
    await using it = await openDisplaced();
    await it.archived();
    const { platform } = it.during("createSandbox", async () => {
      await it.platform.sandbox.remove({ id: "web" });
      it.control.failNext("remove", stuck);
    });
    await expect(platform.sandbox.start({ id: "web" })).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
    expect(await it.context.engine.list()).toHaveLength(1);
    await settleOnce(it.context);
    expect(await it.context.engine.list()).toEqual([]);
  });

  it("that goes on when the change has been made has the last word", async () => {
    await using it = await openDisplaced();
    await it.archived();
    const removing = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const remover = it.during("remove", () => {
      removing.resolve();
      return goOn.promise;
    });
    let removal: Promise<unknown> = Promise.resolve();
    const { platform } = it.during("createSandbox", async () => {
      removal = remover.platform.sandbox.remove({ id: "web" });
      await removing.promise;
    });
    const start = platform.sandbox.start({ id: "web" });
    start.catch(() => undefined);
    await expect.poll(async () => (await it.context.engine.list()).length).toBe(1);
    goOn.resolve();
    await removal;
    await expect(start).rejects.toMatchObject(gone);
    expect(await it.context.store.sandboxes.all()).toEqual([]);
    expect(await it.context.engine.list()).toEqual([]);
  });
});

describe("two removals at once", () => {
  it("are one: the second waits for how the first ends", async () => {
    await using it = await openDisplaced();
    const { id } = await it.platform.sandbox.create({ name: "web" });
    const goOn = Promise.withResolvers<void>();
    const removing = Promise.withResolvers<void>();
    const { platform, calls } = it.during("remove", () => {
      removing.resolve();
      return goOn.promise;
    });
    const first = platform.sandbox.remove({ id });
    await removing.promise;
    const announced = (await it.context.store.sandboxes.get(id))?.pending;
    const second = platform.sandbox.remove({ id });
    await platform.sandbox.get({ id });
    expect((await it.context.store.sandboxes.get(id))?.pending).toEqual(announced);
    goOn.resolve();
    expect(await Promise.all([first, second])).toEqual([
      { id, removed: true },
      { id, removed: true },
    ]);
    expect(calls()).toBe(1);
  });

  it("are tried one after the other where the first fails", async () => {
    await using it = await openDisplaced();
    const { id } = await it.platform.sandbox.create({ name: "web" });
    let second: Promise<unknown> = Promise.resolve();
    const { platform, calls } = it.during("remove", () => {
      second = platform.sandbox.remove({ id });
      return Promise.reject(stuck);
    });
    await expect(platform.sandbox.remove({ id })).rejects.toBe(stuck);
    expect(await second).toEqual({ id, removed: true });
    expect(calls()).toBe(2);
    expect(await it.context.engine.list()).toEqual([]);
  });

  it("of a sandbox that is being made: whoever makes it clears it away where the other one fails", async () => {
    await using it = await openDisplaced();
    const { platform } = it.during("createSandbox", async () => {
      it.control.failNext("remove", stuck);
      await expect(it.platform.sandbox.remove({ id: "web" })).rejects.toBe(stuck);
      throw new MoorageError("ENGINE_FAILED", "There is no room.");
    });
    await expect(platform.sandbox.create({ name: "web" })).rejects.toMatchObject({ message: "There is no room." });
    expect(await it.context.store.sandboxes.all()).toEqual([]);
    expect(await it.context.engine.list()).toEqual([]);
  });
});
