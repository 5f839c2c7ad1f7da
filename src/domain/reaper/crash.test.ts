import { describe, expect, it } from "vitest";
import type { Platform } from "../../contracts/platform.ts";
import { crashAfter } from "../../../test/fixtures/crash.ts";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "./reaper.ts";
import { unrestricted } from "../access/principal.ts";

const alice = unrestricted("alice");
const HOUR = 3_600_000;
/** More calls than any of these takes: a sweep of a process that nobody kills. */
const MAX_CALLS = 200;

type Doomed = { readonly platform: Platform; readonly context: DomainContext };
type Story = {
  readonly before?: (platform: Platform, context: DomainContext) => Promise<unknown>;
  readonly work: (doomed: Doomed) => Promise<unknown>;
  /** States in which the sandbox may be found; `gone`: it was removed. */
  readonly ends: readonly string[];
};

const made = (platform: Platform): Promise<unknown> => platform.sandbox.create({ name: "web", ttlMs: 2 * HOUR });
const stopped = async (platform: Platform): Promise<unknown> => {
  await made(platform);
  return platform.sandbox.stop({ id: "web" });
};
const paused = async (platform: Platform): Promise<unknown> => {
  await made(platform);
  return platform.sandbox.pause({ id: "web" });
};

const sweeping = ({ context }: Doomed): Promise<unknown> => createReaper(context).sweep();

/** Whoever was making it has ended in the middle. */
const halfMade = async (platform: Platform, { store }: DomainContext): Promise<unknown> => {
  const { id } = await platform.sandbox.create({ name: "web" });
  return store.sandboxes.transition(id, {}, { state: "starting", holder: "dead" });
};

const stories: Readonly<Record<string, Story>> = {
  create: { work: ({ platform }) => made(platform), ends: ["gone", "error", "running"] },
  stop: { before: made, work: ({ platform }) => platform.sandbox.stop({ id: "web" }), ends: ["running", "stopped"] },
  start: {
    before: stopped,
    work: ({ platform }) => platform.sandbox.start({ id: "web" }),
    ends: ["stopped", "running"],
  },
  restart: {
    before: made,
    work: ({ platform }) => platform.sandbox.restart({ id: "web" }),
    ends: ["running", "stopped"],
  },
  pause: { before: made, work: ({ platform }) => platform.sandbox.pause({ id: "web" }), ends: ["running", "paused"] },
  resume: {
    before: paused,
    work: ({ platform }) => platform.sandbox.resume({ id: "web" }),
    ends: ["paused", "running"],
  },
  remove: { before: made, work: ({ platform }) => platform.sandbox.remove({ id: "web" }), ends: ["running", "gone"] },
  "a sweep after a create that was broken off": { before: halfMade, work: sweeping, ends: ["error"] },
  "the removal of a stopped one": {
    before: stopped,
    work: ({ platform }) => platform.sandbox.remove({ id: "web" }),
    ends: ["stopped", "gone"],
  },
};

describe("a process that is killed after any of its calls leaves nothing half-done, in", () => {
  it.each(Object.entries(stories))("%s", { timeout: 60_000 }, async (_name, story) => {
    const seen = new Set<string>();
    let crashed = true;
    for (let calls = 0; crashed; calls += 1) {
      expect(calls).toBeLessThan(MAX_CALLS);
      const one = await told(story, calls);
      expect(story.ends, `after ${calls} calls`).toContain(one.end);
      seen.add(one.end);
      ({ crashed } = one);
    }
    expect(seen, "the end without a crash").toContain(story.ends.at(-1));
  });

  it("the sweeps of the server", { timeout: 60_000 }, async () => {
    for (const hours of [1, 2]) {
      for (let calls = 0; ; calls += 1) {
        expect(calls).toBeLessThan(MAX_CALLS);
        const { end, crashed } = await told({ before: made, work: sweeping, ends: [] }, calls, hours * HOUR);
        // The later one does what was due as well.
        expect(end).toBe(hours === 1 ? "paused" : "gone");
        if (!crashed) break;
      }
    }
  });
});

async function told(story: Story, calls: number, passed = 0) {
  const clock = setClock();
  await using domain = openMemoryDomain({ clock }, { clock });
  await story.before?.(domain.platform, domain.context);
  clock.pass(passed);
  const doomed = crashAfter(calls, domain.context);
  await Promise.allSettled([story.work({ context: doomed.context, platform: createPlatform(doomed.context, alice) })]);
  const later = {
    ...domain.context,
    holders: { ...domain.context.holders, self: "later", isAlive: (holder: string) => holder === "later" },
  };
  const reaper = createReaper(later);
  // What a first sweep settles may be due in the second.
  while ((await reaper.sweep()).length > 0);
  return { end: await consistentEnd(later), crashed: doomed.crashed() };
}

/** How the sandbox is found, once the registry and the engine say the same of it. */
async function consistentEnd({ store, engine }: DomainContext): Promise<string> {
  const [row, ...more] = await store.sandboxes.all();
  const units = await engine.list();
  expect(more).toEqual([]);
  expect(row?.pending ?? null).toBeNull();
  const onEngine = { running: "running", paused: "paused", stopped: "exited" };
  const expected = Object.entries(onEngine).flatMap(([state, unit]) => (row?.state === state ? [unit] : []));
  expect(units.map(({ state }) => state)).toEqual(expected);
  return row?.state ?? "gone";
}
