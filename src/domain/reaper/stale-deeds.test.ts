import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { PendingChange, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { Attempts } from "../recovery/attempts.ts";
import { settle } from "../sandbox/settle.ts";
import { dueFor } from "./due.ts";
import { createReaper, sweepDue } from "./reaper.ts";
import { unrestricted } from "../access/principal.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const alice = unrestricted("alice");

async function openStale() {
  const clock = setClock();
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-stale-"));
  const domain = openMemoryDomain({ clock, stateDirectory }, { clock });
  const { sandbox, file } = domain.platform;
  const { store } = domain.context;
  const rowOf = async (id: string): Promise<SandboxRow> => {
    const row = await store.sandboxes.get(id);
    if (row === undefined) throw new Error(`There is no row ${id}.`);
    return row;
  };
  return {
    ...domain,
    clock,
    rowOf,
    /** What is due for a row as it was seen, whatever has become of it. */
    deedFor: (row: SandboxRow) => dueFor(domain.context, row, new Set()),
    archived: async () => {
      const { id } = await sandbox.create({});
      await file.write({ id, path: "kept", content: "text" });
      await sandbox.stop({ id });
      clock.pass(180 * DAY);
      expect(await createReaper(domain.context).sweep()).toEqual([{ what: "archived", id }]);
      return id;
    },
    expectWhole: async (id: string) => {
      expect(await sandbox.get({ id })).toMatchObject({ state: "running" });
      expect(await file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
    },
    /** A platform whose engine lets something happen in the middle of one of its calls. */
    during: (call: "upload" | "remove", meanwhile: () => Promise<unknown>) =>
      createPlatform({ ...domain.context, engine: interrupted(domain.context, call, meanwhile) }, alice),
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

function interrupted({ engine }: DomainContext, call: "upload" | "remove", meanwhile: () => Promise<unknown>): Engine {
  const upload: Engine["files"]["upload"] = async (...given) => {
    await meanwhile();
    await engine.files.upload(...given);
  };
  const remove: Engine["remove"] = async (...given) => {
    await meanwhile();
    await engine.remove(...given);
  };
  return call === "upload" ? { ...engine, files: { ...engine.files, upload } } : { ...engine, remove };
}

/** A change whose process was ended in the middle of it. */
function leftBy(holder: string, action: PendingChange["action"]): PendingChange {
  return { id: "left", action, by: "owner", reason: null, holder };
}

describe("what was due when a sandbox was looked at is not done to what it has become", () => {
  it("a start that was given up, and that its owner has repeated", async () => {
    await using it = await openStale();
    const id = await it.archived();
    await it.context.store.sandboxes.transition(id, {}, { pending: leftBy("dead", "start") });
    const seen = await it.rowOf(id);
    const deed = it.deedFor(seen);
    expect(deed?.what).toBe("settled");
    await it.platform.sandbox.start({ id });
    expect(await deed?.work()).toBe(false);
    await it.expectWhole(id);
    expect(await settle(it.context, seen)).toBe(false);
    await it.expectWhole(id);
  });

  it("a removal that was given up, and that another Moorage has finished", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({ name: "web" });
    await it.context.store.sandboxes.transition(id, {}, { pending: leftBy("dead", "remove") });
    const seen = await it.rowOf(id);
    await settle(it.context, seen);
    expect(await settle(it.context, seen)).toBe(false);
  });

  it("a time to live that its owner has renewed since", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({ ttlMs: HOUR });
    it.clock.pass(HOUR);
    const deed = it.deedFor(await it.rowOf(id));
    expect(deed?.what).toBe("expired");
    // Somebody corrects the clock, so it is not too late to renew.
    it.clock.jump(-HOUR / 2);
    await it.platform.sandbox.renew({ id });
    expect(await deed?.work()).toBe(false);
    expect((await it.platform.sandbox.get({ id })).state).toBe("running");
  });

  it("a sandbox for the archive that was used since", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({});
    await it.platform.sandbox.stop({ id });
    it.clock.pass(180 * DAY);
    const deed = it.deedFor(await it.rowOf(id));
    expect(deed?.what).toBe("archived");
    await it.platform.sandbox.start({ id });
    await it.platform.sandbox.stop({ id });
    expect(await deed?.work()).toBe(false);
    expect((await it.platform.sandbox.get({ id })).state).toBe("stopped");
  });

  it("a half-made sandbox that another Moorage has told as failed", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({ name: "web" });
    await it.context.store.sandboxes.transition(id, {}, { state: "starting", holder: "dead" });
    const seen = await it.rowOf(id);
    const deed = it.deedFor(seen);
    expect(await it.deedFor(seen)?.work()).toBe(true);
    it.control.failNext("remove", new MoorageError("ENGINE_FAILED", "It was touched again."));
    expect(await deed?.work()).toBe(false);
  });
});

describe("a change that goes on is not taken for given up", () => {
  it.each(["pass", "jump"] as const)("however far the clock goes (%s) while a sandbox is restored", async (how) => {
    await using it = await openStale();
    const id = await it.archived();
    const platform = it.during("upload", async () => {
      it.clock[how](20 * HOUR);
      expect(await sweepDue(it.context, new Attempts(it.context.logger))).toEqual([]);
      expect(await createReaper(it.context).sweep()).toEqual([]);
    });
    expect(await platform.sandbox.start({ id })).toMatchObject({ state: "running" });
    await it.expectWhole(id);
  });

  it("while what an archived sandbox had on the engine is removed: its start waits", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({});
    await it.platform.file.write({ id, path: "kept", content: "text" });
    await it.platform.sandbox.stop({ id });
    it.clock.pass(180 * DAY);
    const removing = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const engine = interrupted(it.context, "remove", () => {
      removing.resolve();
      return goOn.promise;
    });
    const sweeping = createReaper({ ...it.context, engine }).sweep();
    await removing.promise;
    const started = it.platform.sandbox.start({ id });
    const first = await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 200, "it waits"))]);
    goOn.resolve();
    await sweeping;
    expect(first).toBe("it waits");
    await started;
    await it.expectWhole(id);
  });

  it("but one that its own process has given up is settled by the next sweep", async () => {
    await using it = await openStale();
    const { id } = await it.platform.sandbox.create({});
    await it.context.store.sandboxes.transition(id, {}, { pending: leftBy("test", "stop") });
    expect(await createReaper(it.context).sweep()).toEqual([{ what: "settled", id }]);
    expect(await it.rowOf(id)).toMatchObject({ state: "running", pending: null });
  });
});
