import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
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
