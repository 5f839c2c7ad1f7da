import { expect, test } from "vitest";

import { circumstances, decideConsent } from "./consent.ts";

test.for([
  // [command, terminal, ci, root, decision]
  ["test", true, false, true, "ask"],
  ["test", true, true, false, "go"],
  ["test", false, true, false, "go"],
  ["test", false, false, true, "refuse"],
  ["start", true, false, true, "ask"],
  ["start", false, false, true, "go"],
  ["start", true, true, true, "go"],
  ["start", false, true, false, "refuse"],
  ["start", false, false, false, "refuse"],
] as const)("npm %s, terminal %s, CI %s, root %s: %s", ([command, terminal, ci, root, decision]) => {
  expect(decideConsent(command, { terminal, ci, root })).toBe(decision);
});

test.for([
  [{}, false],
  [{ CI: "" }, false],
  [{ CI: "false" }, false],
  [{ CI: "0" }, false],
  [{ CI: "true" }, true],
  [{ CI: "1" }, true],
] as const)("%j means CI: %s", ([environment, expected]) => {
  expect(circumstances(environment).ci).toBe(expected);
});
