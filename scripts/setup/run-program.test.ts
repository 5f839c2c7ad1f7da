import { expect, test } from "vitest";

import { runOrThrow, runProgram } from "./run-program.ts";

const options = { deadlineMs: 10_000 };

test("both outputs and the exit code come back", async () => {
  const result = await runProgram(["sh", "-c", "echo out; echo err >&2; exit 7"], options);
  expect(result.code).toBe(7);
  expect(result.output.split("\n").toSorted()).toEqual(["", "err", "out"]);
});

test("a program that does not exist is code 127 with its name", async () => {
  expect(await runProgram(["moorage-no-such-program"], options)).toEqual({
    code: 127,
    output: "moorage-no-such-program: not found",
  });
});

test("a program that does not end is killed at its deadline, and that is said", async () => {
  const result = await runProgram(["sleep", "60"], { deadlineMs: 50 });
  expect(result.code).toBe(128);
  expect(result.output).toContain("deadline 50 ms");
});

test("a failure that must not be names the command and the end of its output", async () => {
  const run = runOrThrow(["sh", "-c", "echo reason; exit 3"], options);
  await expect(run).rejects.toThrow("sh -c echo reason; exit 3 ended with 3:\nreason");
});
