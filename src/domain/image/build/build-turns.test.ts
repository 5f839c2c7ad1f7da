import { expect, it } from "vitest";
import { BuildTurns, type Turn } from "./build-turns.ts";

const LIMITS = { maxAtOnce: 3, maxAtOncePerOwner: 2 };

/** The place that it has now; 0: it has begun. */
async function placeOf(turn: Turn): Promise<number> {
  const { value } = await turn.places(undefined).next();
  return value ?? 0;
}

it("builds begin in the order of their coming, as many at once as may, of all and of one owner", async () => {
  const turns = new BuildTurns();
  const enter = (owner: string): Turn => turns.enter(owner, LIMITS);
  const [a1, a2, a3, a4, b1, b2] = ["a", "a", "a", "a", "b", "b"].map(enter);
  if (!a1 || !a2 || !a3 || !a4 || !b1 || !b2) throw new Error("Six have come.");
  const places = () => Promise.all([a1, a2, a3, a4, b1, b2].map(placeOf));
  expect(await places()).toEqual([0, 0, 1, 2, 0, 3]);
  b1[Symbol.dispose]();
  expect(await Promise.all([a3, a4, b2].map(placeOf))).toEqual([1, 2, 0]);
  a1[Symbol.dispose]();
  a1[Symbol.dispose]();
  expect(await Promise.all([a3, a4].map(placeOf))).toEqual([0, 1]);
});

it("one that waits tells each place once, and begins when those before it have gone", async () => {
  const turns = new BuildTurns();
  const enter = (): Turn => turns.enter("a", { maxAtOnce: 1, maxAtOncePerOwner: 1 });
  const [first, second, third] = [enter(), enter(), enter()];
  const told: number[] = [];
  for await (const place of third.places(undefined)) {
    told.push(place);
    (place === 2 ? second : first)[Symbol.dispose]();
  }
  expect(told).toEqual([2, 1]);
});

it("one that is canceled waits no more, and keeps nobody waiting", async () => {
  const turns = new BuildTurns();
  const enter = (): Turn => turns.enter("a", { maxAtOnce: 1, maxAtOncePerOwner: 1 });
  const [first, second, third] = [enter(), enter(), enter()];
  const giveUp = new AbortController();
  const places = second.places(giveUp.signal);
  expect(await places.next()).toEqual({ value: 1, done: false });
  const next = places.next();
  giveUp.abort();
  await expect(next).rejects.toMatchObject({ code: "CANCELED" });
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(await placeOf(third)).toBe(0);
});

it("no more than a hundred of one owner wait", () => {
  const turns = new BuildTurns();
  for (let count = 0; count < 102; count += 1) turns.enter("a", LIMITS);
  expect(() => turns.enter("a", LIMITS)).toThrow("100 builds of yours are waiting already, as many as may.");
  turns.enter("b", LIMITS);
});
