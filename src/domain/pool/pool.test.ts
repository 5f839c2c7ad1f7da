import { describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { crashAfter } from "../../../test/fixtures/crash.ts";
import { createPlatform } from "../domain.ts";
import type { PoolEntry } from "../policy.ts";
import { cleanup } from "../recovery/cleanup.ts";
import { createReaper } from "../reaper/reaper.ts";
import { createPoolKeeper } from "./keeper.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");

async function openPool(pool: readonly PoolEntry[] = [{ size: 2 }]) {
  const domain = openMemoryDomain();
  const context = withPool(domain.context, pool);
  const keeper = createPoolKeeper(context);
  await keeper.fill();
  const platformOf = (owner: string) => createPlatform(context, unrestricted(owner));
  return { ...domain, context, keeper, platformOf, sandbox: platformOf("alice").sandbox };
}

function withPool(context: MemoryDomain["context"], pool: readonly PoolEntry[]): MemoryDomain["context"] {
  return { ...context, policy: { ...context.policy, pool } };
}

/** A later Moorage, to which every other holder is dead. */
function laterContext(context: MemoryDomain["context"]): MemoryDomain["context"] {
  return { ...context, holders: { ...context.holders, self: "later", isAlive: (holder) => holder === "later" } };
}

async function pooled({ context }: Pick<MemoryDomain, "context">) {
  return (await context.store.sandboxes.all()).filter((row) => row.state === "pool");
}

describe("a pooled sandbox", () => {
  it("is not for whoever is held to less than it was started with", async () => {
    await using it = await openPool();
    const { policy } = it.context;
    const lowered = { ...policy, maxima: { ...policy.maxima, memoryBytes: 64 * 1024 * 1024, pids: 16 } };
    const { id, limits } = await createPlatform({ ...it.context, policy: lowered }, alice).sandbox.create({});
    expect(limits).toMatchObject({ memoryBytes: 64 * 1024 * 1024, pids: 16 });
    expect((await pooled(it)).map((row) => row.id)).not.toContain(id);
    expect(await pooled(it)).toHaveLength(2);
  });

  it("is nobody's until it is claimed, and then its owner's with all that was asked for", async () => {
    await using it = await openPool();
    expect(await pooled(it)).toHaveLength(2);
    expect((await it.sandbox.list({})).items).toEqual([]);
    const [ready] = await pooled(it);
    await expect(it.sandbox.get({ id: ready?.id ?? "" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const made = await it.sandbox.create({
      name: "web",
      env: { A: "1" },
      labels: { a: "b" },
      ttlMs: 60_000,
      timeoutMs: 5,
    });
    expect((await it.context.store.sandboxes.all()).map(({ id }) => id)).toContain(made.id);
    expect(await pooled(it)).toHaveLength(1);
    expect(made).toMatchObject({
      owner: "alice",
      name: "web",
      state: "running",
      labels: { a: "b" },
      limits: { timeoutMs: 5 },
    });
    expect(made.expiresAt).not.toBeNull();
    const run = await resultOf(it.sandbox.exec({ id: "web", command: ["env"], timeoutMs: 20_000 }));
    expect(run.stdout).toContain("A=1\n");
    await it.sandbox.remove({ id: "web" });
    expect(await it.context.engine.list()).toHaveLength(1);
  });

  it("is claimed once, however many ask at the same time, and the others get one of their own", async () => {
    await using it = await openPool([{ size: 3 }]);
    const owners = Array.from({ length: 8 }, (_, index) => `owner-${index}`);
    const made = await Promise.all(owners.map((owner) => it.platformOf(owner).sandbox.create({})));
    expect(new Set(made.map(({ id }) => id)).size).toBe(8);
    expect(made.map(({ owner }) => owner)).toEqual(owners);
    expect(await pooled(it)).toEqual([]);
    expect(await it.context.engine.list()).toHaveLength(8);
  });

  it.each([
    { memoryBytes: 64 * 1024 * 1024 },
    { cpus: 1 },
    { pids: 5 },
    { image: "busybox:latest" },
    { profile: "job" as const },
    { conversationId: "c1" },
  ])("is not given to who asks for %j", async (input) => {
    await using it = await openPool();
    const ids = (await pooled(it)).map(({ id }) => id);
    expect(ids).not.toContain((await it.sandbox.create(input)).id);
    expect(await pooled(it)).toHaveLength(2);
  });

  it("that has died is passed over, and leaves nothing", async () => {
    await using it = await openPool([{ size: 1 }]);
    const [dead] = await pooled(it);
    it.control.stop(dead?.id ?? "");
    const made = await it.sandbox.create({});
    expect(made).toMatchObject({ state: "running" });
    expect(made.id).not.toBe(dead?.id);
    expect((await it.context.engine.list()).map(({ id }) => id)).toEqual([made.id]);
    expect((await it.context.store.sandboxes.all()).map(({ id }) => id)).toEqual([made.id]);
  });

  it("is not taken by a name that is there already", async () => {
    await using it = await openPool();
    const first = await it.sandbox.create({ name: "web" });
    expect((await it.sandbox.create({ name: "web" })).id).toBe(first.id);
    const both = await Promise.all([1, 2].map(() => it.sandbox.create({ name: "twin" })));
    expect(both[0]?.id).toBe(both[1]?.id);
    expect((await it.context.store.sandboxes.all()).map(({ name }) => name).toSorted(compare)).toEqual(["twin", "web"]);
  });

  it("is not paused, expired or swept while it waits", async () => {
    await using it = await openPool();
    expect(await createReaper(it.context).sweep()).toEqual([]);
    expect(await pooled(it)).toHaveLength(2);
  });
});

describe("the keeper of the pool", () => {
  it("refills after a claim, by itself", async () => {
    await using it = await openPool([{ size: 1 }]);
    const ending = new AbortController();
    const running = it.keeper.run(ending.signal);
    for (let round = 0; round < 3; round += 1) {
      await expect.poll(() => pooled(it).then((rows) => rows.length), { timeout: 20_000 }).toBe(1);
      await it.sandbox.create({});
    }
    ending.abort();
    await running;
  });

  it("drains what the configuration no longer wants, and what it wants less of", async () => {
    await using it = await openPool([{ size: 2 }, { image: "busybox:latest", size: 2 }]);
    expect(await pooled(it)).toHaveLength(4);
    await createPoolKeeper(withPool(it.context, [{ image: "busybox:latest", size: 1 }])).fill();
    expect((await pooled(it)).map(({ image }) => image)).toEqual(["busybox:latest"]);
    await createPoolKeeper(withPool(it.context, [])).fill();
    expect(await it.context.engine.list()).toEqual([]);
    expect(await it.context.store.sandboxes.all()).toEqual([]);
  });

  it("replaces what was started under other maxima, so that none has more than its owner is told", async () => {
    await using it = await openPool([{ size: 1 }]);
    const [old] = await pooled(it);
    const { policy } = it.context;
    const maxima = { ...policy.maxima, memoryBytes: 64 * 1024 * 1024 };
    await createPoolKeeper({ ...it.context, policy: { ...policy, maxima } }).fill();
    const [fresh, ...more] = await pooled(it);
    expect(more).toEqual([]);
    expect(fresh?.id).not.toBe(old?.id);
    expect(fresh?.limits.memoryBytes).toBe(64 * 1024 * 1024);
  });

  it("replaces what was started from an image whose tag has moved", async () => {
    await using it = await openPool([{ image: "busybox:latest", size: 1 }]);
    const [old] = await pooled(it);
    await it.context.engine.images?.build(
      { tag: "busybox:latest", context: dockerfileAlone("FROM busybox:latest\nENV A=1"), labels: {} },
      {},
    );
    await it.keeper.fill();
    const [fresh, ...more] = await pooled(it);
    expect(more).toEqual([]);
    expect(fresh?.id).not.toBe(old?.id);
    expect(fresh?.imageDigest).not.toBe(old?.imageDigest);
    expect(await it.context.engine.list()).toHaveLength(1);
  });

  it("adopts what an earlier server left, whenever that was ended, and removes what it had begun", async () => {
    for (let calls = 0, crashed = true; crashed; calls += 1) {
      await using it = await openPool();
      const before = (await pooled(it)).map(({ id }) => id);
      const doomed = crashAfter(calls, withPool(it.context, [{ size: 4 }]));
      await Promise.allSettled([createPoolKeeper(doomed.context).fill()]);
      crashed = doomed.crashed();
      const later = laterContext(it.context);
      await createReaper(later).sweep();
      await createPoolKeeper(later).fill();
      const after = await pooled(it);
      expect(after.map(({ id }) => id).toSorted(compare)).toEqual(before.toSorted(compare));
      expect(after.map(({ holder }) => holder)).toEqual(["later", "later"]);
      expect((await it.context.engine.list()).map(({ id }) => id).toSorted(compare)).toEqual(before.toSorted(compare));
      expect(await it.context.store.sandboxes.all()).toHaveLength(2);
    }
  });

  it("is missed: cleanup without a server empties the pool, and with one leaves it alone", async () => {
    await using it = await openPool();
    expect(await cleanup(it.context)).toEqual({ ok: true, removed: [], recovered: [], failed: [] });
    const { removed } = await cleanup(laterContext(it.context));
    expect(removed).toHaveLength(2);
    expect(await it.context.engine.list()).toEqual([]);
    expect(await it.context.store.sandboxes.all()).toEqual([]);
  });

  it("goes on after an engine that could not start one", async () => {
    await using it = await openPool([{ size: 1 }]);
    await it.sandbox.create({});
    it.control.failNext("createSandbox", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    await expect(it.keeper.fill()).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    expect(await it.context.store.sandboxes.all()).toHaveLength(1);
    await it.keeper.fill();
    expect(await pooled(it)).toHaveLength(1);
  });
});

describe("a process that is killed after any call of a claim", () => {
  it("leaves the sandbox to its owner or in the pool, never to both", async () => {
    for (let calls = 0, crashed = true; crashed; calls += 1) {
      await using it = await openPool([{ size: 1 }]);
      const doomed = crashAfter(calls, it.context);
      await Promise.allSettled([createPlatform(doomed.context, alice).sandbox.create({ name: "web" })]);
      crashed = doomed.crashed();
      const later = laterContext(it.context);
      await createReaper(later).sweep();
      await createPoolKeeper(later).fill();
      const rows = await it.context.store.sandboxes.all();
      const units = (await it.context.engine.list()).map(({ id }) => id);
      expect(units.toSorted(compare)).toEqual(rows.map(({ id }) => id).toSorted(compare));
      expect(rows.filter((row) => row.state === "pool")).toHaveLength(1);
      expect(rows.length - 1).toBeLessThanOrEqual(1);
    }
  });
});

function compare(a: string | null, b: string | null): number {
  return String(a) < String(b) ? -1 : 1;
}

describe("five hundred pooled creates and removes", () => {
  it("leave nothing", { timeout: 60_000 }, async () => {
    await using it = await openPool([{ size: 5 }]);
    for (let round = 0; round < 100; round += 1) {
      const made = await Promise.all(Array.from({ length: 5 }, () => it.sandbox.create({})));
      await Promise.all(made.map(({ id }) => it.sandbox.remove({ id })));
      expect(await pooled(it)).toEqual([]);
      await it.keeper.fill();
    }
    expect(await it.context.engine.list()).toHaveLength(5);
    expect(await it.context.store.sandboxes.all()).toHaveLength(5);
  });
});
