import { expect, it } from "vitest";
import { listOperations } from "../../src/contracts/platform.ts";
import { STEPS } from "../fixtures/operations/steps.ts";

it("every operation has a step in the walk that test/e2e/every-operation.test.ts makes through each door", () => {
  const walked = new Set(STEPS.map(({ name }) => name));
  const operations = listOperations().map(({ name }) => name);
  expect(operations.filter((name) => !walked.has(name))).toEqual([]);
  expect([...walked].filter((name) => !operations.includes(name))).toEqual([]);
});
