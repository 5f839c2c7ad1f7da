import { expect, it } from "vitest";
import { createSharedWork } from "./shared-work.ts";

function gate<T>() {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}

it("is done once for all who want it at the same time, and again for who comes later", async () => {
  const shared = createSharedWork<number>();
  const open = gate<undefined>();
  let done = 0;
  const work = async (): Promise<number> => {
    await open.promise;
    return (done += 1);
  };
  const both = [shared("a", undefined, work), shared("a", undefined, work)];
  open.resolve(undefined);
  expect(await Promise.all(both)).toEqual([1, 1]);
  expect(await shared("a", undefined, work)).toBe(2);
});

it("of another key is other work", async () => {
  const shared = createSharedWork<string>();
  const both = ["a", "b"].map((key) => shared(key, undefined, () => Promise.resolve(key)));
  expect(await Promise.all(both)).toEqual(["a", "b"]);
});

it("goes on while somebody waits, and is aborted when the last one leaves", async () => {
  const shared = createSharedWork<string>();
  const begun = gate<AbortSignal>();
  const end = gate<string>();
  const work = (signal: AbortSignal): Promise<string> => {
    begun.resolve(signal);
    return end.promise;
  };
  const [first, second] = [new AbortController(), new AbortController()];
  const leaving = [first, second].map(({ signal }) => shared("a", signal, work));
  const signal = await begun.promise;
  first.abort();
  await expect(leaving[0]).rejects.toMatchObject({ code: "CANCELED" });
  expect(signal.aborted).toBe(false);
  second.abort();
  await expect(leaving[1]).rejects.toMatchObject({ code: "CANCELED" });
  expect(signal.aborted).toBe(true);
  end.resolve("too late");
});

it("that fails, fails for all, and is tried again by the next", async () => {
  const shared = createSharedWork<string>();
  const failing = (): Promise<string> => Promise.reject(new Error("no"));
  const both = await Promise.allSettled([shared("a", undefined, failing), shared("a", undefined, failing)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await shared("a", undefined, () => Promise.resolve("yes"))).toBe("yes");
});
