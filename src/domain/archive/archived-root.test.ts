import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { Platform } from "../../contracts/platform.ts";
import { crashAfter } from "../../../test/fixtures/crash.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { cleanup } from "../recovery/cleanup.ts";
import { createReaper } from "../reaper/reaper.ts";
import { unrestricted } from "../access/principal.ts";

const HALF_YEAR = 180 * 86_400_000;
/** More calls than an archiving or a start takes. */
const MAX_CALLS = 200;
const alice = unrestricted("alice");

/** A domain with a stopped sandbox "web" that has a file in its root filesystem and one in its workspace. */
async function openStopped() {
  const clock = setClock();
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-archive-"));
  const domain = openMemoryDomain({ clock, stateDirectory }, { clock });
  const { sandbox, file } = domain.platform;
  const { id, imageDigest } = await sandbox.create({ name: "web" });
  await resultOf(sandbox.exec({ id, command: ["write", "/etc/installed", "tool"] }));
  await file.write({ id, path: "kept", content: "text" });
  await sandbox.stop({ id });
  return {
    ...domain,
    ...{ id, imageDigest, clock, sandbox },
    archive: async () => {
      clock.pass(HALF_YEAR);
      return createReaper(domain.context).sweep();
    },
    snapshots: () => domain.context.store.snapshots.all(),
    archives: () => readdir(join(stateDirectory, "archives")),
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

async function filesOf({ sandbox, file }: Platform): Promise<readonly string[]> {
  const root = await resultOf(sandbox.exec({ id: "web", command: ["read", "/etc/installed"] }));
  return [root.stdout, (await file.read({ id: "web", path: "kept" })).content];
}

describe("the root filesystem of an archived sandbox", () => {
  it("comes back with it, is in no list, and goes with it", async () => {
    await using it = await openStopped();
    expect(await it.archive()).toEqual([{ what: "archived", id: it.id }]);
    expect(await it.context.engine.list()).toEqual([]);
    expect((await it.platform.snapshot.list({})).items).toEqual([]);
    const [first] = await it.snapshots();
    expect(await it.sandbox.start({ id: "web" })).toMatchObject({ state: "running", reason: null, snapshot: null });
    expect(await filesOf(it.platform)).toEqual(["tool", "text"]);
    expect((await it.sandbox.get({ id: "web" })).imageDigest).toBe(first?.digest);
    await it.sandbox.stop({ id: "web" });
    await it.archive();
    const second = await it.snapshots();
    expect(second).toHaveLength(1);
    expect(second[0]?.id).not.toBe(first?.id);
    await it.sandbox.start({ id: "web" });
    expect(await filesOf(it.platform)).toEqual(["tool", "text"]);
    await it.sandbox.remove({ id: "web" });
    expect(await it.snapshots()).toEqual([]);
  });

  it("is as in its image where the engine has lost it, which is told", async () => {
    await using it = await openStopped();
    await it.archive();
    const [kept] = await it.snapshots();
    it.control.host.images.delete(kept?.reference ?? "");
    expect(await it.sandbox.start({ id: "web" })).toMatchObject({
      state: "running",
      reason: "What was outside /workspace is as in its image: the engine no longer has what was kept of it.",
      imageDigest: it.imageDigest,
    });
    expect(await filesOf(it.platform)).toEqual(["", "text"]);
  });

  it("is not kept where the engine cannot, or it is too much for it", async () => {
    await using it = await openStopped();
    it.control.failNext("snapshots.take", new MoorageError("LIMIT_EXCEEDED", "Too many layers."));
    expect(await it.archive()).toEqual([{ what: "archived", id: it.id }]);
    expect(await it.snapshots()).toEqual([]);
    expect(await it.sandbox.start({ id: "web" })).toMatchObject({ state: "running", reason: null });
    expect(await filesOf(it.platform)).toEqual(["", "text"]);
  });

  it("that fails otherwise leaves the sandbox as it was", async () => {
    await using it = await openStopped();
    it.control.failNext("snapshots.take", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    expect(await it.archive()).toEqual([]);
    expect((await it.sandbox.get({ id: "web" })).state).toBe("stopped");
    expect(await it.archives()).toEqual([]);
    expect(await it.snapshots()).toEqual([]);
  });
});

describe("a process that is killed after any of its calls", () => {
  it("of an archiving leaves a sandbox that is archived later, once", { timeout: 60_000 }, async () => {
    for (let calls = 0; ; calls += 1) {
      expect(calls).toBeLessThan(MAX_CALLS);
      await using it = await openStopped();
      it.clock.pass(HALF_YEAR);
      const doomed = crashAfter(calls, it.context);
      await Promise.allSettled([createReaper(doomed.context).sweep()]);
      const later = await swept(it.context);
      expect((await it.sandbox.get({ id: "web" })).state, `after ${calls} calls`).toBe("archived");
      expect(await later.engine.list()).toEqual([]);
      expect(await it.snapshots()).toMatchObject([{ state: "ready" }]);
      await createPlatform(later, alice).sandbox.start({ id: "web" });
      expect(await filesOf(it.platform)).toEqual(["tool", "text"]);
      if (!doomed.crashed()) return;
    }
  });

  it("of a start leaves it archived or running, with all of its files", { timeout: 60_000 }, async () => {
    for (let calls = 0; ; calls += 1) {
      expect(calls).toBeLessThan(MAX_CALLS);
      await using it = await openStopped();
      await it.archive();
      const doomed = crashAfter(calls, it.context);
      await Promise.allSettled([createPlatform(doomed.context, alice).sandbox.start({ id: "web" })]);
      const later = await swept(it.context);
      await createPlatform(later, alice).sandbox.start({ id: "web" });
      expect(await filesOf(it.platform), `after ${calls} calls`).toEqual(["tool", "text"]);
      expect(await it.snapshots()).toMatchObject([{ state: "ready" }]);
      if (!doomed.crashed()) return;
    }
  });
});

/** What a later Moorage finds, once it has swept and cleaned up. */
async function swept(context: DomainContext): Promise<DomainContext> {
  const later = {
    ...context,
    holders: { ...context.holders, self: "later", isAlive: (holder: string) => holder === "later" },
  };
  const reaper = createReaper(later);
  while ((await reaper.sweep()).length > 0);
  await cleanup(later);
  return later;
}
