import { describe, expect, it } from "vitest";
import { memoryInUse } from "../../test/fixtures/memory-in-use.ts";
import { Once } from "./once.ts";

const never = new Promise<never>(() => undefined);

describe("what happens once", () => {
  it("is waited for beside something else, whichever comes first", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const once = new Once(promise);
    expect(await once.or(Promise.resolve(1))).toBe(1);
    await expect(once.or(Promise.reject(new Error("the other")))).rejects.toThrow("the other");
    const waits = [once.or(never), once.or(never)];
    resolve("happened");
    expect(await Promise.all(waits)).toEqual(["happened", "happened"]);
    expect(await once.or(never)).toBe("happened");
  });

  it("tells its failure to those who wait, and to nobody else", async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const once = new Once(promise);
    const waiting = once.or(never);
    reject(new Error("failed"));
    await expect(waiting).rejects.toThrow("failed");
    await expect(once.or(Promise.reject(new Error("later")))).rejects.toThrow("failed");
    expect(await once.within(600_000)).toBe(true);
  });

  it("settles within a time, or not", async () => {
    const { promise, resolve } = Promise.withResolvers<false>();
    const once = new Once(promise);
    expect(await once.within(1)).toBe(false);
    const waiting = once.within(600_000);
    resolve(false);
    expect(await waiting).toBe(true);
  });

  it("keeps nothing of the waits that are over", async () => {
    const once = new Once(never);
    const before = memoryInUse().heap;
    for (let wait = 0; wait < 200_000; wait += 1) await once.or(Promise.resolve(`the outcome of wait ${wait}`));
    await expect.poll(() => memoryInUse().heap - before, { timeout: 20_000 }).toBeLessThan(10 * 1024 * 1024);
  }, 60_000);
});
