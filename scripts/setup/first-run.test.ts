import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { describeLimits, FIRST_PROGRAM, nextCommands, readOutcome, tellResult } from "./first-run.ts";
import { createSay } from "./say.ts";

const RESULT = {
  runId: "a0000000000000000000",
  sandboxId: "s0000000000000000000",
  status: "failed",
  exitCode: 3,
  stdout: "one\ntwo\n",
  stderr: "",
  stdoutBytes: 8,
  stderrBytes: 0,
  truncated: false,
  timedOut: false,
  oomKilled: false,
  signal: null,
  startedAt: "2026-01-02T03:04:05.678Z",
  durationMs: 41,
  engine: "docker",
  isolation: "container",
  imageDigest: null,
  profile: "job",
  limits: { memoryBytes: 536_870_912, cpus: 1, pids: 256, diskBytes: 4_294_967_296, timeoutMs: 120_000 },
  network: "none",
  runtime: null,
  peakMemoryBytes: null,
  receiptId: "r0000000000000000000",
  warnings: ["no Docker Engine answers"],
  reason: null,
};

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
  const limits = { memoryBytes: 512 * 1024 * 1024, cpus: 1, pids: 256, diskBytes: 4_294_967_296, timeoutMs: 120_000 };
  expect(describeLimits(limits)).toBe("512 MiB memory, 1 CPU, 256 processes, 120 s deadline");
  expect(describeLimits({ ...limits, cpus: 0.5, timeoutMs: null })).toContain("0.5 CPUs, 256 processes, no deadline");
});

test("the next commands name the image that is here", () => {
  expect(nextCommands("busybox:latest").join("\n")).toContain("bin/moorage run --image busybox:latest -- ");
  expect(nextCommands(undefined).join("\n")).not.toContain("--image");
});

test("a result is told with its output, its limits and its receipt", () => {
  const outcome = readOutcome({ stdout: JSON.stringify(RESULT), stderr: "", code: 3 });
  if (outcome.kind !== "ran") throw new Error(outcome.message);
  const lines: string[] = [];
  const say = createSay({ stream: { write: (text: string) => lines.push(text) > 0 }, colour: false });
  tellResult(outcome.result, "busybox:latest", say);
  expect(lines.join("")).toBe(`    | one
    | two
warning: no Docker Engine answers
    exit code  3, after 41 ms
    engine     docker (isolation: container)
    image      busybox:latest
    limits     512 MiB memory, 1 CPU, 256 processes, 120 s deadline
    network    none
    profile    job
    receipt    r0000000000000000000
`);
});
