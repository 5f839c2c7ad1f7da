import { describe, expect, it } from "vitest";
import type { Platform } from "../../contracts/platform.ts";
import { crashAfter } from "../../../test/fixtures/crash.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "../reaper/reaper.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");
/** More calls than any of these takes. */
const MAX_CALLS = 200;

type Story = {
  readonly before: (platform: Platform) => Promise<unknown>;
  readonly work: (platform: Platform) => Promise<unknown>;
  /** How many sandboxes and snapshots there may be afterwards; the last without a crash. */
  readonly ends: readonly string[];
};

const made = (platform: Platform): Promise<unknown> => platform.sandbox.create({ name: "web" });
const taken = async (platform: Platform): Promise<unknown> => {
  await made(platform);
  return platform.sandbox.snapshot({ id: "web", name: "base" });
};
const forked = async (platform: Platform): Promise<unknown> => {
  await made(platform);
  return platform.sandbox.fork({ id: "web", name: "fork" });
};

const stories: Readonly<Record<string, Story>> = {
  "taking one": {
    before: made,
    work: (platform) => platform.sandbox.snapshot({ id: "web", name: "base" }),
    ends: ["1 and 0", "1 and 1"],
  },
  "making a sandbox of one": {
    before: taken,
    work: (platform) => platform.sandbox.create({ name: "other", snapshot: "base" }),
    ends: ["1 and 1", "2 and 1"],
  },
  "removing one": {
    before: taken,
    work: (platform) => platform.snapshot.remove({ id: "base" }),
    ends: ["1 and 1", "1 and 0"],
  },
  "a fork": {
    before: made,
    work: (platform) => platform.sandbox.fork({ id: "web", name: "fork" }),
    ends: ["1 and 0", "2 and 1"],
  },
  "removing a fork": {
    before: forked,
    work: (platform) => platform.sandbox.remove({ id: "fork" }),
    ends: ["2 and 1", "1 and 0"],
  },
};

describe("a process that is killed after any of its calls leaves no snapshot half-done, in", () => {
  it.each(Object.entries(stories))("%s", { timeout: 60_000 }, async (_name, { before, work, ends }) => {
    for (let calls = 0; ; calls += 1) {
      expect(calls).toBeLessThan(MAX_CALLS);
      await using domain = openMemoryDomain();
      await before(domain.platform);
      const doomed = crashAfter(calls, domain.context);
      await Promise.allSettled([work(createPlatform(doomed.context, alice))]);
      const end = await consistentEnd(laterMoorage(domain.context));
      expect(ends, `after ${calls} calls`).toContain(end);
      if (doomed.crashed()) continue;
      expect(end).toBe(ends.at(-1));
      return;
    }
  });

  it("a sandbox that was held still", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const { engine, store } = domain.context;
    const pending = { id: "p", action: "snapshot", by: "owner", reason: null, holder: "dead" } as const;
    await store.sandboxes.transition(id, {}, { pending });
    await engine.freezer?.pause(id);
    await createReaper(domain.context).sweep();
    expect(await engine.inspect(id)).toMatchObject({ state: "running" });
    expect(await store.sandboxes.get(id)).toMatchObject({ state: "running", reason: null, pending: null });
  });
});

function laterMoorage(context: DomainContext): DomainContext {
  return { ...context, holders: { ...context.holders, self: "later", isAlive: (holder) => holder === "later" } };
}

/** How many sandboxes and snapshots there are, once the registry and the engine say the same of them. */
async function consistentEnd(context: DomainContext): Promise<string> {
  const { store, engine } = context;
  const reaper = createReaper(context);
  // What a first sweep settles may be due in the second.
  while ((await reaper.sweep()).length > 0);
  const rows = await store.sandboxes.all();
  const alive = rows.filter(({ state }) => state !== "error");
  expect(rows.map(({ pending }) => pending)).toEqual(rows.map(() => null));
  expect((await engine.list()).map(({ id }) => id).toSorted()).toEqual(alive.map(({ id }) => id).toSorted());
  const snapshots = await store.snapshots.all();
  const platform = createPlatform(context, alice);
  for (const { id, state, transient, digest } of snapshots) {
    expect(state).toBe("ready");
    expect((await engine.snapshots?.find(id))?.digest).toBe(digest);
    expect(rows.some(({ snapshot }) => snapshot?.id === id) || !transient).toBe(true);
  }
  const known = new Set(snapshots.map(({ id }) => id));
  expect(alive.filter(({ snapshot }) => snapshot !== null && !known.has(snapshot.id))).toEqual([]);
  expect((await resultOf(platform.sandbox.exec({ id: "web", command: ["true"] }))).exitCode).toBe(0);
  return `${alive.length} and ${snapshots.length}`;
}
