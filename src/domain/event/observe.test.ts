import { expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { observe, readiness } from "./observe.ts";
import { Tally } from "./tally.ts";

it("a server is observed: sandboxes by state, and what has begun and ended since it began", async () => {
  await using domain = openMemoryDomain();
  const { sandbox, job } = domain.platform;
  await sandbox.create({});
  const tally = new Tally(domain.context);
  await tally.counts();
  const { id } = await sandbox.create({});
  await sandbox.pause({ id });
  await resultOf(job.run({ command: ["true"] }));
  await resultOf(job.run({ command: ["exit", "1"] }));
  await Promise.all([tally.counts(), tally.counts()]);
  const { sandboxes, events, pool } = await observe(domain.context, tally);
  expect(sandboxes.filter(({ count }) => count > 0)).toEqual([
    { state: "running", count: 1 },
    { state: "paused", count: 1 },
  ]);
  expect(pool).toEqual({ ready: 0, wanted: 0 });
  expect(events).toEqual([
    { type: "sandbox.created", status: null, count: 1 },
    { type: "sandbox.started", status: null, count: 1 },
    { type: "sandbox.paused", status: null, count: 1 },
    { type: "run.started", status: null, count: 2 },
    { type: "run.finished", status: "succeeded", count: 1 },
    { type: "run.finished", status: "failed", count: 1 },
  ]);
});

it("a server is ready when its store and its engine answer", async () => {
  await using domain = openMemoryDomain();
  expect(await readiness(domain.context)).toEqual({ ok: true, store: null, engine: null });
  domain.control.failNext("info", new MoorageError("ENGINE_UNREACHABLE", "It is away, with its secrets."));
  expect(await readiness(domain.context)).toEqual({ ok: false, store: null, engine: "ENGINE_UNREACHABLE" });
  const events = {
    ...domain.context.store.events,
    latest: () => Promise.reject(new MoorageError("STATE_UNUSABLE", "No.")),
  };
  const broken = { ...domain.context, store: { ...domain.context.store, events } };
  expect(await readiness(broken)).toEqual({ ok: false, store: "STATE_UNUSABLE", engine: null });
});
