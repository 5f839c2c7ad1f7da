import { expect, it } from "vitest";
import { KillTally, NO_KILLS } from "./memory-kills.ts";

const OWN = { own: true, beside: false };
const BESIDE = { own: false, beside: true };

it("a kill is the own of the run whose program looks killed, and nobody else's", () => {
  const tally = new KillTally();
  const [bomb, beside, killsItself] = [tally.begin(5), tally.begin(5), tally.begin(5)];
  expect(bomb(6, true)).toEqual(OWN);
  expect(beside(6, false)).toEqual(NO_KILLS);
  expect(killsItself(6, true)).toEqual(NO_KILLS);
});

it("two kills may be two runs' own", () => {
  const tally = new KillTally();
  const [first, second] = [tally.begin(0), tally.begin(0)];
  expect([first(2, true), second(2, true)]).toEqual([OWN, OWN]);
});

it("a kill that no program looks ended by is told as one beside", () => {
  const tally = new KillTally();
  const first = tally.begin(0);
  expect(first(1, false)).toEqual(BESIDE);
  expect(tally.begin(1)(1, true)).toEqual(NO_KILLS);
});

it("a later run has nothing to do with what was told before it", () => {
  const tally = new KillTally();
  expect(tally.begin(0)(1, true)).toEqual(OWN);
  expect(tally.begin(1)(2, true)).toEqual(OWN);
  expect(tally.begin(2)(2, true)).toEqual(NO_KILLS);
});

it("what nobody can count is not known", () => {
  const tally = new KillTally();
  expect(tally.begin(null)(1, true)).toBeNull();
  expect(tally.begin(1)(null, true)).toBeNull();
});
