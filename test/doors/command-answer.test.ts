import { expect, it } from "vitest";
import { listOperations } from "../../src/contracts/platform.ts";
import { commandAnswer } from "../fixtures/operations/doors.ts";

const rowOf = (name: string) => {
  const row = listOperations().find((each) => each.name === name);
  if (row === undefined) throw new Error(`There is no operation ${name}.`);
  return row;
};
const ERROR = JSON.stringify({ error: { code: "IMAGE_BUILD_FAILED", message: "it failed" } });
const STARTED = JSON.stringify({ type: "started", buildId: "b", tag: "t" });

it.each([
  ["image.build", [STARTED, ERROR]],
  ["image.build", [ERROR]],
  ["image.list", [ERROR]],
  ["job.run", [ERROR]],
] as const)("an error that the command of %s prints last is its failure: %j", (name, lines) => {
  expect(() => commandAnswer(rowOf(name), { lines, stderr: "" })).toThrow("IMAGE_BUILD_FAILED");
});

it("a stream's command that ends well answers all that it has printed", () => {
  expect(commandAnswer(rowOf("image.build"), { lines: [STARTED], stderr: "" })).toEqual([JSON.parse(STARTED)]);
});
