import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createStartGate } from "./start-gate.ts";

test("starts go side by side, and what wants to be alone waits for them and holds up the next", async () => {
  const gate = createStartGate();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const frozen = Promise.withResolvers<void>();
  const starts = [1, 2].map((number) =>
    gate.pass("a", async () => {
      log.push(`start ${number}`);
      await first.promise;
    }),
  );
  const pause = gate.alone("a", async () => {
    log.push("pause");
    await frozen.promise;
  });
  const late = gate.pass("a", () => Promise.resolve(log.push("late")));
  const other = gate.pass("b", () => Promise.resolve(log.push("other container")));
  await other;
  await nextTurn();
  expect(log).toEqual(["start 1", "start 2", "other container"]);
  first.resolve();
  await Promise.all(starts);
  await expect.poll(() => log).toContain("pause");
  expect(log).not.toContain("late");
  frozen.resolve();
  await Promise.all([pause, late]);
  expect(log.at(-1)).toBe("late");
});

test("a start or a pause that fails lets the next through", async () => {
  const gate = createStartGate();
  const fail = (): Promise<never> => Promise.reject(new Error("no"));
  await expect(gate.pass("a", fail)).rejects.toThrow("no");
  await expect(gate.alone("a", fail)).rejects.toThrow("no");
  expect(await gate.pass("a", () => Promise.resolve("through"))).toBe("through");
});

test("what ends a run does not wait for starts, and a pause waits for it as well", async () => {
  const gate = createStartGate();
  const log: string[] = [];
  const ended = Promise.withResolvers<void>();
  const start = gate.pass("a", async () => {
    // As a start that is given up ends what it has begun.
    await gate.urgent("a", () => Promise.resolve(log.push("ended by its start")));
    await ended.promise;
  });
  const pause = gate.alone("a", () => Promise.resolve(log.push("pause")));
  const killed = Promise.withResolvers<void>();
  const kill = gate.urgent("a", async () => {
    log.push("kill");
    await killed.promise;
  });
  const late = gate.pass("a", () => Promise.resolve(log.push("late")));
  ended.resolve();
  await start;
  await nextTurn();
  expect(log).toEqual(["ended by its start", "kill"]);
  killed.resolve();
  await Promise.all([kill, pause, late]);
  expect(log).toEqual(["ended by its start", "kill", "pause", "late"]);
});

test("what ends a run waits for a pause that is at work, and no longer than is reasonable", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const gate = createStartGate();
  const log: string[] = [];
  const frozen = Promise.withResolvers<void>();
  const pause = gate.alone("a", () => frozen.promise);
  const kill = gate.urgent("a", () => Promise.resolve(log.push("kill")));
  await vi.advanceTimersByTimeAsync(4_000);
  expect(log).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  await kill;
  expect(log).toEqual(["kill"]);
  const next = gate.urgent("a", () => Promise.resolve(log.push("next")));
  frozen.resolve();
  await Promise.all([pause, next]);
  expect(log).toEqual(["kill", "next"]);
});

test("what was held up by one pause is waited for by the next", async () => {
  const gate = createStartGate();
  const log: string[] = [];
  const first = gate.alone("a", () => Promise.resolve(log.push("first")));
  const begun = Promise.withResolvers<void>();
  const held = gate.pass("a", async () => {
    log.push("begins");
    await begun.promise;
    log.push("has begun");
  });
  await first;
  await nextTurn();
  const second = gate.alone("a", () => Promise.resolve(log.push("second")));
  await nextTurn();
  begun.resolve();
  await Promise.all([held, second]);
  expect(log).toEqual(["first", "begins", "has begun", "second"]);
});
