import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { describeLimits, FIRST_PROGRAM, nextCommands, readOutcome } from "./first-run.ts";

test("the first program runs on a plain shell", () => {
  const result = spawnSync("sh", ["-c", FIRST_PROGRAM], { encoding: "utf8" });
  expect(result.status).toBe(0);
  expect(result.stdout).toContain("6 x 7");
  expect(result.stdout).toContain("= 42\n");
  expect(result.stdout.trimEnd().split("\n")).toHaveLength(5);
});

test("an error of the command line keeps its message and hint", () => {
  const stdout = '{"error":{"code":"ENGINE_UNAVAILABLE","message":"no engine","hint":"start it"}}\n';
  expect(readOutcome({ stdout, stderr: "", code: 125 })).toEqual({
    kind: "failed",
    message: "no engine",
    hint: "start it",
  });
});

test("what is not the contract's output is told as it is", () => {
  const outcome = readOutcome({ stdout: "", stderr: "Segmentation fault\n", code: 139 });
  expect(outcome).toEqual({ kind: "failed", message: "bin/moorage ended with 139: Segmentation fault" });
});

test("limits are told in the units of people", () => {
  const limits = { memoryBytes: 512 * 1024 * 1024, cpus: 1, pids: 256, timeoutMs: 120_000 };
  expect(describeLimits(limits)).toBe("512 MiB memory, 1 CPU, 256 processes, 120 s deadline");
  expect(describeLimits({ ...limits, cpus: 0.5, timeoutMs: null })).toContain("0.5 CPUs, 256 processes, no deadline");
});

test("the next commands name the image that is here", () => {
  expect(nextCommands("busybox:latest").join("\n")).toContain("bin/moorage run --image busybox:latest -- ");
  expect(nextCommands(undefined).join("\n")).not.toContain("--image");
});
