import { expect, test } from "vitest";
import { followSize } from "./follow-interactive.ts";

test("the last size of a window stays, however long one before it was on its way", async () => {
  const window = { columns: 80, rows: 24 };
  const ways: PromiseWithResolvers<void>[] = [];
  const arrived: string[] = [];
  let resized = (): void => undefined;
  const ended = new AbortController();
  const run = {
    resize: async (wish: { readonly runId: string; readonly columns: number; readonly rows: number }) => {
      const way = Promise.withResolvers<void>();
      ways.push(way);
      await way.promise;
      arrived.push(`${wish.columns}x${wish.rows}`);
      return wish;
    },
  };
  const onResize = (listener: () => void) => {
    resized = listener;
    return () => (resized = () => undefined);
  };
  followSize({ run, runId: "run", ended: ended.signal }, { size: () => window, onResize });
  for (const columns of [90, 100, 110]) {
    window.columns = columns;
    resized();
  }
  // The later ones would overtake the first.
  for (const index of [2, 1, 0]) ways[index]?.resolve();
  await expect.poll(() => ways.length).toBe(2);
  ways[1]?.resolve();
  await expect.poll(() => arrived).toEqual(["90x24", "110x24"]);
  ended.abort();
  resized();
  expect(ways).toHaveLength(2);
});
