import { expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";
import { createReaper } from "../reaper/reaper.ts";
import { cleanup } from "../recovery/cleanup.ts";

const stuck = new MoorageError("STATE_UNUSABLE", "The log cannot be removed.");

/** Three ended runs, oldest first; the log of the oldest cannot be removed until that is mended. */
async function openStuck(policy: Partial<DomainContext["policy"]>) {
  const clock = setClock();
  const domain = openMemoryDomain({ clock }, { clock });
  const runs: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    runs.push((await resultOf(domain.platform.job.run({ command: ["echo", "printed"] }))).runId);
    clock.pass(1_000);
  }
  const { logs } = domain.context;
  let failing = true;
  const remove: typeof logs.remove = (id) => (failing && id === runs[0] ? Promise.reject(stuck) : logs.remove(id));
  const context = { ...domain.context, logs: { ...logs, remove }, policy: { ...domain.context.policy, ...policy } };
  return {
    ...{ clock, context, runs, mend: () => void (failing = false) },
    records: () => recordsOf(domain),
    logged: () => Promise.all(runs.map((id) => isLogged(context, id))),
    [Symbol.asyncDispose]: domain[Symbol.asyncDispose],
  };
}

async function recordsOf({ platform }: MemoryDomain): Promise<readonly string[]> {
  return (await platform.run.list({})).items.map(({ runId }) => runId);
}

async function isLogged({ logs }: DomainContext, id: string): Promise<boolean> {
  await using reader = logs.read(id, 0);
  return (await reader.next()) !== undefined;
}

it("a log that cannot be removed keeps its record, is told, and keeps no record and no log of others", async () => {
  await using it = await openStuck({ recordRetention: { maxAgeMs: 1, maxCount: 0 } });
  const [first = ""] = it.runs;
  it.clock.pass(1_000);
  const failed = [{ kind: "log", id: first, code: "STATE_UNUSABLE", message: "The log cannot be removed." }];
  expect(await cleanup(it.context)).toMatchObject({ ok: false, failed });
  expect(await it.records()).toEqual([first]);
  expect(await it.logged()).toEqual([true, false, false]);
  it.mend();
  expect(await cleanup(it.context)).toMatchObject({ ok: true, failed: [] });
  expect(await it.records()).toEqual([]);
});

it("of too many records those go whose logs can be removed", async () => {
  await using it = await openStuck({ recordRetention: { maxAgeMs: 0, maxCount: 1 } });
  const [first = "", , last = ""] = it.runs;
  await cleanup(it.context);
  expect(new Set(await it.records())).toEqual(new Set([first, last]));
});

it("a log that cannot be removed when it is old keeps no other, and is tried again by each sweep", async () => {
  await using it = await openStuck({ logRetention: { maxAgeMs: 0, maxTotalBytes: 0 } });
  const reaper = createReaper(it.context);
  await reaper.sweep();
  expect(await it.logged()).toEqual([true, false, false]);
  expect(it.context.undone.latest).toMatchObject([{ kind: "log", id: it.runs[0] }]);
  await reaper.sweep();
  expect(it.context.undone.latest).toMatchObject([{ kind: "log", id: it.runs[0] }]);
  it.mend();
  await reaper.sweep();
  expect(await it.logged()).toEqual([false, false, false]);
  expect(it.context.undone.latest).toEqual([]);
});
