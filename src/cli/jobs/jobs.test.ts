import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BatchEvent, BatchSummary } from "../../contracts/types.ts";
import { hostWith } from "../testing/platform.ts";
import { sampleResult } from "../testing/samples.ts";
import { moorage } from "../testing/terminal.ts";

const HASHES = [`sha256:${"ab".repeat(32)}`, `sha256:${"cd".repeat(32)}`] as const;
const NOTHING = { runId: null, result: null, error: null, workspaceBefore: null, workspaceAfter: null };
const COUNTS = { succeeded: 0, failed: 0, timed_out: 0, interrupted: 0, error: 0, canceled: 0, skipped: 0 };

function summary(counts: Partial<BatchSummary["counts"]>): BatchEvent {
  const all = { ...COUNTS, ...counts };
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  return {
    type: "summary",
    summary: { ok: total === all.succeeded, total, counts: all, concurrency: 2, durationMs: 2100 },
  };
}

const good: BatchEvent = {
  ...{ ...NOTHING, type: "ended", index: 1, name: "good", status: "succeeded", runId: "r1234567890123456789" },
  ...{ result: sampleResult(), workspaceBefore: HASHES[0], workspaceAfter: HASHES[1] },
};
const bad: BatchEvent = {
  ...{ ...NOTHING, type: "ended", index: 0, name: "bad", status: "failed", runId: "r2234567890123456789" },
  result: sampleResult({ status: "failed", exitCode: 3, stderr: "first\nno such\u001b[31m file\n" }),
};
const refused: BatchEvent = {
  ...{ ...NOTHING, type: "ended", index: 2, name: "3", status: "error" },
  error: { code: "IMAGE_NOT_FOUND", message: "There is no image x.", hint: "Look again.", retry: false },
};

const jobs = '{"command":["a"]}\n{"command":["b"],"workspace":"w"}\n';

async function run(events: readonly BatchEvent[], args: readonly string[] = [], terminal = false) {
  const { host, calls } = hostWith({ "job.batch": () => events });
  const seen = await moorage(["jobs", "-", ...args], { host, stdin: jobs, directory: "/here", terminal });
  return { ...seen, calls };
}

describe("moorage jobs", () => {
  it("passes on what the file says, with its directories made absolute", async () => {
    const { calls } = await run([summary({ succeeded: 2 })], ["--concurrency", "3", "--fail-fast"]);
    expect(calls).toEqual([
      {
        name: "job.batch",
        input: {
          concurrency: 3,
          failFast: true,
          jobs: [{ command: ["a"] }, { command: ["b"], workspace: "/here/w" }],
        },
      },
    ]);
  });

  it("says what failed as it happens, and shows all in the order of the file", async () => {
    const { exitCode, stdout, stderr } = await run([
      good,
      bad,
      refused,
      summary({ succeeded: 1, failed: 1, error: 1 }),
    ]);
    expect(stdout).toMatchInlineSnapshot(`
      "JOB   STATUS     EXIT    TIME  RUN                   WORKSPACE
      bad   failed        3  850 ms  r2234567890123456789  -
      good  succeeded     0  850 ms  r1234567890123456789  abababab → cdcdcdcd
      3     error         -       -  -                     -
      "
    `);
    expect(stderr).toMatchInlineSnapshot(`
      "error: bad: exit code 3; it said last: no such\\x1b[31m file
      error: 3: There is no image x.
      hint: Look again.
      error: 1 of 3 jobs succeeded in 2.1 s; 1 failed, 1 could not be run.
      hint: \`moorage runs logs RUN\` prints all that a job printed.
      "
    `);
    expect(exitCode).toBe(125);
  });

  it("says that all is well", async () => {
    const { exitCode, stderr } = await run([good, summary({ succeeded: 1 })]);
    expect(stderr).toBe("✔ 1 of 1 job succeeded in 2.1 s.\n");
    expect(exitCode).toBe(0);
  });

  it.each([
    [{ succeeded: 5 }, 0],
    [{ succeeded: 5, failed: 1, timed_out: 1 }, 1],
    [{ succeeded: 5, timed_out: 1 }, 124],
    [{ timed_out: 1, canceled: 2, skipped: 3 }, 124],
    [{ failed: 9, error: 1 }, 125],
    [{ interrupted: 1 }, 125],
  ])("ends with a code that says how the worst job ended: %j is %i", async (counts, code) => {
    expect((await run([summary(counts)])).exitCode).toBe(code);
  });

  it("prints every event as a line of JSON under --json, and nothing else", async () => {
    const events = [bad, good, summary({ succeeded: 1, failed: 1 })];
    const { exitCode, stdout, stderr } = await run(events, ["--json"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(events);
    expect(stderr).toContain("error: bad: exit code 3");
    expect(exitCode).toBe(1);
  });

  it("shows on a terminal what each job is doing, and takes it away again", async () => {
    const place = { index: 0, name: "build" };
    const events: BatchEvent[] = [
      { type: "preparing", ...place },
      { type: "progress", ...place, message: "Pulling x" },
      { type: "preparing", index: 1, name: "test" },
      { ...good, ...place },
      summary({ succeeded: 1 }),
    ];
    const { stderr } = await run(events, [], true);
    const shown = stderr.replaceAll(/, [\d.]+ m?s$/gm, "");
    expect(shown.replaceAll("\u001b[1A", "<up>").replaceAll("\u001b[2K", "<clear>").replaceAll("\r", "<cr>"))
      .toMatchInlineSnapshot(`
        "… build: preparing
        … 0 of 2 jobs have ended<cr><clear><up><clear>… build: Pulling x
        … 0 of 2 jobs have ended<cr><clear><up><clear>… build: Pulling x
        … test: preparing
        … 0 of 2 jobs have ended<cr><clear><up><clear><up><clear>… test: preparing
        … 1 of 2 jobs have ended<cr><clear><up><clear>… test: preparing
        … 1 of 2 jobs have ended<cr><clear><up><clear>✔ 1 of 1 job succeeded in 2.1 s.
        "
      `);
  });

  it("names jobs by the line of the file where they are wrong", async () => {
    await using stack = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "moorage-jobs-"));
    stack.defer(() => rm(directory, { recursive: true }));
    await writeFile(
      join(directory, "j.yaml"),
      "- command: [a]\n  memory: 1g\n\n- command: a\n- env: {A: 1}\n  command: [a]\n",
    );
    const { host } = hostWith({});
    const seen = await moorage(["jobs", "j.yaml"], { host, directory });
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: j.yaml line 1: Unrecognized key: "memory".
             j.yaml line 4: command: Invalid input: expected array, received string (got "a").
             j.yaml line 5: env.A: Invalid input: expected string, received number (got 1).
      hint: A job has these fields: command, workspace, env, image, profile, network, runtime, memoryBytes, cpus, pids, diskBytes, timeoutMs, stdin, stdinEncoding, name, agentId, shell.
      "
    `);
    expect(seen.exitCode).toBe(125);
  });

  it.each([
    [["jobs"], "FILE"],
    [["jobs", "nowhere.jsonl"], '"nowhere.jsonl" on this host does not exist.'],
    [["jobs", "-", "--fail-fast", "--keep-going"], "--keep-going, --fail-fast: expected one of them (got both)."],
    [["jobs", "-", "--concurrency", "many"], '--concurrency: expected a number (got "many").'],
    [["jobs", "-", "--concurrency", "0"], "--concurrency: expected at least 1 (got 0)."],
  ])("refuses %j", async (argv, message) => {
    const { host } = hostWith({});
    const seen = await moorage(argv, { host, stdin: jobs });
    expect(seen.stderr).toContain(message);
    expect(seen.exitCode).toBe(125);
  });

  it("refuses bytes that are no text", async () => {
    const { host } = hostWith({});
    const seen = await moorage(["jobs", "-"], { host, stdin: Buffer.from([0xff, 0xfe, 0x00]) });
    expect(seen.stderr).toContain("error: stdin: expected UTF-8 text.");
  });
});
