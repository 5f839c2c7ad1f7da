import { expect, test } from "vitest";

import { runForeground } from "./foreground.ts";

const never = new AbortController().signal;
const here = { cwd: process.cwd(), env: process.env };

test("the exit code comes back", async () => {
  const run = runForeground(["sh", "-c", "exit 9"], { ...here, signal: never, deadlineMs: 10_000 });
  expect(await run).toBe(9);
});

test("at the deadline the program is asked to end, and its answer counts", async () => {
  const program = "trap 'exit 5' TERM; while :; do sleep 0.01; done";
  const run = runForeground(["sh", "-c", program], { ...here, signal: never, deadlineMs: 200 });
  expect(await run).toBe(5);
});

test("a signal that aborted before ends the program as well", async () => {
  const run = runForeground(["sleep", "60"], { ...here, signal: AbortSignal.abort(), deadlineMs: 10_000 });
  expect(await run).toBe(128);
});

test("a program that does not exist is an error", async () => {
  const run = runForeground(["moorage-no-such-program"], { ...here, signal: never, deadlineMs: 10_000 });
  await expect(run).rejects.toThrow("ENOENT");
});
