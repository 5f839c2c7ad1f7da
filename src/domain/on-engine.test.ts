import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../test/fixtures/memory-domain.ts";
import type { Platform } from "../contracts/platform.ts";
import type { DomainContext } from "./context.ts";
import { createPlatform } from "./domain.ts";
import { createPoolKeeper } from "./pool/keeper.ts";
import { createReaper } from "./reaper/reaper.ts";
import { unrestricted } from "./access/principal.ts";

/** The same state on another engine: what the domain's own has made lives elsewhere for it. */
async function withEngineElsewhere(
  domain: MemoryDomain,
  use: (platform: Platform, context: DomainContext) => Promise<void>,
  otherEngine: DomainContext["otherEngine"] = () => Promise.resolve(domain.context.engine),
): Promise<void> {
  await using second = openMemoryDomain();
  const context = { ...domain.context, engine: { ...second.context.engine, name: "docker" as const }, otherEngine };
  await use(createPlatform(context, unrestricted("alice")), context);
}

describe("a sandbox of another engine than the one that is chosen", () => {
  it("is used, watched, stopped and removed on its own", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "box" });
    await withEngineElsewhere(domain, async ({ sandbox, file, run, session }) => {
      await file.write({ id: "box", path: "kept", content: "text" });
      const printed = await resultOf(sandbox.exec({ id: "box", command: ["cat", "kept"] }));
      expect(printed).toMatchObject({ stdout: "text", engine: "memory" });
      const exec = sandbox.exec({ id: "box", command: ["serve", "80", "/"], background: true });
      const { runId } = await resultOf(exec);
      expect(await run.wait({ runId, port: 80 })).toMatchObject({ reason: "listening" });
      expect(await session.list({ id: "box" })).toEqual({ items: [], nextCursor: null });
      expect(await sandbox.stop({ id: "box", graceMs: 0 })).toMatchObject({ state: "stopped" });
      expect((await sandbox.list({ state: ["stopped"] })).items).toMatchObject([{ name: "box", engine: "memory" }]);
      expect(await sandbox.start({ id: "box" })).toMatchObject({ state: "running" });
      expect(await sandbox.pause({ id: "box" })).toMatchObject({ state: "paused" });
      expect(await sandbox.resume({ id: "box" })).toMatchObject({ state: "running" });
      expect(await sandbox.remove({ id: "box" })).toMatchObject({ removed: true });
      expect(await domain.context.engine.list()).toEqual([]);
    });
  });

  it("is removed when its time is over", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ ttlMs: 1 });
    await withEngineElsewhere(domain, async (_platform, context) => {
      const swept = await createReaper(context).sweep();
      expect(swept).toEqual([{ what: "expired", id }]);
      expect(await domain.context.engine.list()).toEqual([]);
    });
  });

  it("is collected there when nobody knows it, by sweeps and by cleanup", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "kept" });
    const orphan = async (): Promise<string> => {
      const { id } = await domain.platform.sandbox.create({});
      await domain.context.store.sandboxes.remove(id);
      return id;
    };
    await withEngineElsewhere(domain, async (platform, context) => {
      const [swept, cleared] = [await orphan(), await orphan()];
      const inReach = await domain.context.engine.list();
      expect(inReach.map(({ id }) => id)).toEqual(expect.arrayContaining([swept, cleared]));
      const timers = { ...context.policy.timers, orphanGraceMs: 0 };
      const reaper = createReaper({ ...context, policy: { ...context.policy, timers } });
      expect(await reaper.sweep()).toMatchObject([{ what: "orphan" }, { what: "orphan" }]);
      const late = await orphan();
      expect(await platform.system.cleanup({})).toMatchObject({ removed: [{ kind: "sandbox", id: late }] });
      expect(await domain.context.engine.list()).toHaveLength(1);
    });
  });

  it("that was started ahead for a server that is gone is removed there, and never claimed elsewhere", async () => {
    await using domain = openMemoryDomain();
    const pooling = { ...domain.context, policy: { ...domain.context.policy, pool: [{ size: 1 }] } };
    await createPoolKeeper(pooling).fill();
    const [pooled] = await domain.context.engine.list();
    await withEngineElsewhere({ ...domain, context: pooling }, async ({ sandbox }, context) => {
      const made = await sandbox.create({});
      expect(made.id).not.toBe(pooled?.id);
      await createPoolKeeper(context).fill();
      expect(await domain.context.engine.list()).toMatchObject([{ id: pooled?.id }]);
      const holders = { ...context.holders, self: "later", isAlive: (holder: string) => holder === "later" };
      await createPoolKeeper({ ...context, holders }).fill();
      expect(await domain.context.engine.list()).toEqual([]);
      expect((await context.engine.list()).map(({ id }) => id)).toContain(made.id);
    });
  });

  it("is shown as it was last seen while its engine does not answer, and says what to do when it is needed", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "box" });
    const { otherEngine } = domain.context;
    const use = async ({ sandbox }: Platform): Promise<void> => {
      expect(await sandbox.get({ id: "box" })).toMatchObject({ state: "running" });
      expect((await sandbox.list({})).items).toMatchObject([{ name: "box", state: "running" }]);
      const unreachable = {
        code: "ENGINE_UNREACHABLE",
        message: "The memory engine is not a part of this test.",
        hint: "Start the engine, then run `moorage doctor`.",
      };
      await expect(sandbox.remove({ id: "box" })).rejects.toMatchObject(unreachable);
      await expect(resultOf(sandbox.exec({ id: "box", command: ["true"] }))).rejects.toMatchObject(unreachable);
    };
    await withEngineElsewhere(domain, use, otherEngine);
  });
});
