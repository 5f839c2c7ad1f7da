import { describe, expect, it } from "vitest";
import { createFileRunLogs } from "../../store/files/file-run-logs.ts";
import { collect, openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";

describe("a job", () => {
  it("tells what it printed, its exact code, its limits and its receipt", async () => {
    await using domain = openMemoryDomain();
    const result = await resultOf(domain.platform.job.run({ command: ["echo", "hello"] }));
    expect(result).toMatchObject({
      status: "succeeded",
      exitCode: 0,
      stdout: "hello\n",
      stderr: "",
      stdoutBytes: 6,
      truncated: false,
      timedOut: false,
      signal: null,
      engine: "memory",
      isolation: "none",
      profile: "job",
      limits: { memoryBytes: 512 * 1024 * 1024, cpus: 1, pids: 256, diskBytes: 4 * 1024 ** 3, timeoutMs: 120_000 },
      network: "none",
    });
    expect(result.receiptId).toMatch(/^[a-z][a-z0-9]{19}$/);
    expect(result.imageDigest).toMatch(/^sha256:/);
  });

  it.each([0, 1, 7, 126, 127, 255])("passes the exit code %i on", async (code) => {
    await using domain = openMemoryDomain();
    const result = await resultOf(domain.platform.job.run({ command: ["exit", String(code)] }));
    expect(result.exitCode).toBe(code);
    expect(result.status).toBe(code === 0 ? "succeeded" : "failed");
  });

  it("streams its output between `started` and `result`, and leaves no unit behind", async () => {
    await using domain = openMemoryDomain();
    const events = await collect(domain.platform.job.run({ command: ["echo", "a"] }));
    expect(events.map((event) => event.type)).toEqual(["started", "stdout", "result"]);
    expect(await domain.context.engine.list()).toEqual([]);
    expect(await domain.context.store.runs.open()).toEqual([]);
  });

  it("reads what it was given on stdin", async () => {
    await using domain = openMemoryDomain();
    const stdin = Buffer.from([0, 255, 10]).toString("base64");
    const result = await resultOf(domain.platform.job.run({ command: ["cat"], stdin, stdinEncoding: "base64" }));
    expect(result.stdoutBase64).toBe(stdin);
    expect(result.stdoutBytes).toBe(3);
  });

  it("ends at its deadline, keeps what was printed, and says so with code 124", async () => {
    await using domain = openMemoryDomain();
    const run = domain.platform.job.run({ command: ["stubborn", "60"], timeoutMs: 100 });
    const result = await resultOf(run);
    expect(result).toMatchObject({ status: "timed_out", exitCode: 124, timedOut: true, signal: "SIGKILL" });
    expect(result.durationMs).toBeGreaterThanOrEqual(100);
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("may have a deadline that is further away than one timer can be set for", async () => {
    const { context } = openMemoryDomain();
    const maxima = { ...context.policy.maxima, timeoutMs: 400 * 86_400_000 };
    await using domain = openMemoryDomain({ policy: { ...context.policy, maxima } });
    const run = domain.platform.job.run({ command: ["sleep", "0.2"], timeoutMs: 30 * 86_400_000 });
    expect(await resultOf(run)).toMatchObject({ status: "succeeded", exitCode: 0 });
  });

  it("counts all output and keeps head and tail of it", async () => {
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, recordBytes: 100 };
    await using domain = openMemoryDomain({ policy });
    const result = await resultOf(domain.platform.job.run({ command: ["spam", "5000"] }));
    expect(result).toMatchObject({ stdoutBytes: 5000, truncated: true });
    expect(result.stdout).toContain("[... 4900 bytes left out ...]");
    expect(result.stdout.length).toBeLessThan(200);
  });

  it("is canceled by its caller's signal, recorded as that, and leaves nothing", async () => {
    await using domain = openMemoryDomain();
    const abort = new AbortController();
    const run = domain.platform.job.run({ command: ["sleep", "60"] }, { signal: abort.signal });
    await expect(async () => {
      for await (const event of run) if (event.type === "started") abort.abort();
    }).rejects.toMatchObject({ code: "CANCELED" });
    expect(await domain.context.engine.list()).toEqual([]);
    const { items } = await domain.platform.receipt.list({});
    expect(items).toMatchObject([{ status: "canceled" }]);
  });

  it("is canceled when its reader leaves", async () => {
    await using domain = openMemoryDomain();
    for await (const event of domain.platform.job.run({ command: ["sleep", "60"] })) {
      if (event.type === "started") break;
    }
    expect(await domain.context.engine.list()).toEqual([]);
    expect((await domain.platform.receipt.list({})).items).toMatchObject([{ status: "canceled" }]);
  });

  it("whose log cannot be written has its result all the same, and says so", async () => {
    const logs = createFileRunLogs({ directory: "/dev/null/runs", logBytes: 1024 });
    await using domain = openMemoryDomain({ logs });
    const result = await resultOf(domain.platform.job.run({ command: ["print", "printed"] }));
    const reason = `ENOTDIR: not a directory, mkdir '/dev/null/runs/${result.runId}'`;
    const warnings = [`The run's log could not be written to its end: ${reason}.`];
    expect(result).toMatchObject({ status: "succeeded", stdout: "printed", warnings });
  });

  it("that cannot start is an error, and leaves no record and no receipt", async () => {
    await using domain = openMemoryDomain();
    const run = domain.platform.job.run({ command: ["true"], image: "no-such-image:1" });
    await expect(collect(run)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await domain.context.store.runs.open()).toEqual([]);
    expect((await domain.platform.receipt.list({})).items).toEqual([]);
  });
});

function manyVariables(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, "x".repeat(100_000)]));
}

describe("bad input to a job", () => {
  const refused = [
    [{ command: [] }, "INVALID_INPUT", "command: expected a program and its arguments, got nothing"],
    [{ command: [""] }, "INVALID_INPUT", "command: expected a program, got an empty name"],
    [{ command: ["-x"] }, "INVALID_INPUT", "cannot begin with a dash"],
    [{ command: ["a\0b"] }, "INVALID_INPUT", "without NUL"],
    [{ command: ["true"], memoryBytes: -1 }, "INVALID_INPUT", "memoryBytes: expected at least 6 MiB (got -1)"],
    [{ command: ["true"], cpus: 0 }, "INVALID_INPUT", "cpus: expected at least 0.01 (got 0)"],
    [{ command: ["true"], pids: 1 }, "INVALID_INPUT", "pids: expected at least 2 (got 1)"],
    [{ command: ["true"], timeoutMs: 0 }, "INVALID_INPUT", "timeoutMs: expected at least 1 ms (got 0)"],
    [{ command: ["true"], pids: 5000 }, "LIMIT_EXCEEDED", "pids is 5000; the maximum here is 1024."],
    [{ command: ["true"], cpus: 64 }, "LIMIT_EXCEEDED", "cpus is 64; the maximum here is 4."],
    [{ command: ["true"], timeoutMs: 99_999_999 }, "LIMIT_EXCEEDED", "timeoutMs is 27 h 46 min; the maximum here is"],
    [{ command: ["true"], network: "open" }, "ENGINE_UNSUPPORTED", 'The network policy "open" cannot be enforced'],
    [{ command: ["true"], network: "host" }, "INVALID_INPUT", "expected none, internal, open, allow:DOMAIN"],
    [{ command: ["true"], env: { "A-B": "1" } }, "INVALID_INPUT", "expected a name of A-Z, a-z, 0-9 and _"],
    [{ command: ["true"], surprise: 1 }, "INVALID_INPUT", "surprise"],
    [
      { command: ["true", "x".repeat(131_072)] },
      "INVALID_INPUT",
      `command.1: expected less than 128 KiB in one argument (got "${"x".repeat(80)}…").`,
    ],
    [
      { command: Array.from({ length: 100 }, () => "x".repeat(100_000)) },
      "INVALID_INPUT",
      "command: expected at most 1 MiB of arguments; pass larger data by a file or by stdin.",
    ],
    [
      { command: ["true"], env: manyVariables(100) },
      "INVALID_INPUT",
      "env: expected at most 1 MiB of variables; pass larger data by a file or by stdin.",
    ],
    [
      { command: Array.from({ length: 10 }, () => "x".repeat(100_000)), env: manyVariables(10) },
      "INVALID_INPUT",
      "Arguments and environment take 2000210 bytes; the kernel passes at most 1900000.",
    ],
    [
      { command: Array.from({ length: 5_000 }, () => 1) },
      "INVALID_INPUT",
      "command.9: Invalid input: expected string, received number (got 1); and 4990 more like these.",
    ],
    [
      { command: Array.from({ length: 5_000_000 }, () => 1) },
      "INVALID_INPUT",
      "job.run: expected an input of at most 100000 values in all, got more.",
    ],
    [{ command: ["cat"], stdin: "§", stdinEncoding: "base64" }, "INVALID_INPUT", "is not base64"],
  ] as const;

  it.each(refused)("%.200j is %s", async (input, code, message) => {
    await using domain = openMemoryDomain();
    const run = domain.platform.job.run(input as unknown as Parameters<typeof domain.platform.job.run>[0]);
    await expect(collect(run)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(await domain.context.engine.list()).toEqual([]);
  });
});
