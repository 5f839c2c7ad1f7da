import { describe, expect, it } from "vitest";
import { collect, openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { Engine } from "../../engine/engine.ts";
import { createPlatform } from "../domain.ts";
import { LiveRuns } from "./live/live-runs.ts";
import type { RunResult, SandboxExec } from "../../contracts/types.ts";
import { unrestricted } from "../access/principal.ts";

async function background(
  { platform }: Pick<MemoryDomain, "platform">,
  input: Partial<SandboxExec>,
): Promise<RunResult> {
  const { id } = await platform.sandbox.create({});
  return resultOf(platform.sandbox.exec({ id, background: true, ...input }));
}

/** Starts a run and reads up to its start; leaving the loop would end it. */
async function foreground(platform: Platform, input: Partial<SandboxExec>) {
  const { id } = await platform.sandbox.create({});
  const events = platform.sandbox.exec({ id, ...input })[Symbol.asyncIterator]();
  const step = await events.next();
  if (step.done === true || step.value.type !== "started") throw new Error("It has not started.");
  const rest = { [Symbol.asyncIterator]: () => events };
  return { runId: step.value.runId, rest };
}

describe("a run in the background", () => {
  it("answers `running` at once, goes on without its caller, and is recorded as any other", async () => {
    await using domain = openMemoryDomain();
    const { run, receipt } = domain.platform;
    const started = await background(domain, { command: ["sleep", "0.2", "printed"] });
    expect(started).toMatchObject({ status: "running", exitCode: null, stdout: "", receiptId: null });
    const { runId } = started;
    expect((await run.list({ status: "running" })).items).toMatchObject([{ runId }]);
    expect(await run.wait({ runId })).toEqual({
      runId,
      ok: true,
      reason: "ended",
      line: null,
      status: "succeeded",
      exitCode: 0,
    });
    expect(await run.get({ runId })).toMatchObject({ status: "succeeded", stdout: "printed" });
    expect((await receipt.list({})).items).toMatchObject([{ runId, status: "succeeded" }]);
  });

  it("has the administrator's maximum as its deadline, or the one that was asked for", async () => {
    await using domain = openMemoryDomain();
    const long = await background(domain, { command: ["true"] });
    expect(long.limits.timeoutMs).toBe(domain.context.policy.maxima.timeoutMs);
    const { runId } = await background(domain, { command: ["sleep", "600"], timeoutMs: 50 });
    expect(await domain.platform.run.wait({ runId })).toMatchObject({ status: "timed_out", exitCode: 124 });
  });

  it("is ended and recorded when Moorage stops in order", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    await domain.context.live.endAll();
    expect(await domain.platform.run.get({ runId })).toMatchObject({
      status: "canceled",
      reason: "Moorage is stopping; it ends the runs that it watches.",
    });
  });

  it("is refused where nothing stays that could watch it", async () => {
    await using domain = openMemoryDomain({ resident: false });
    await expect(background(domain, { command: ["true"] })).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: "A run in the background, or in a session, needs a server that stays; this command works without one.",
      hint: "Start one with `moorage serve`, then repeat the command; leave out --engine, which passes a server by.",
    });
    expect((await domain.platform.run.list({})).items).toEqual([]);
  });
});

describe("a run that goes on", () => {
  it("is killed by whoever owns it, and its caller gets the result", async () => {
    await using domain = openMemoryDomain();
    const { runId, rest } = await foreground(domain.platform, { command: ["stubborn", "600"] });
    const killed = domain.platform.run.kill({ runId });
    const reason = 'The run was ended by "alice".';
    expect(await resultOf(rest)).toMatchObject({ status: "canceled", signal: "SIGKILL", reason });
    expect((await domain.platform.receipt.list({})).items).toMatchObject([{ runId, status: "canceled", reason }]);
    expect(await killed).toMatchObject({ runId, status: "canceled" });
    await expect(domain.platform.run.kill({ runId })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The run "${runId}" has ended already (canceled).`,
      hint: `Read what it printed with \`moorage runs logs ${runId}\`.`,
    });
  });

  it("goes on when its caller leaves, once it is detached", async () => {
    await using domain = openMemoryDomain();
    const { runId, rest } = await foreground(domain.platform, { command: ["sleep", "0.3", "x"] });
    expect(await domain.platform.run.detach({ runId })).toMatchObject({ runId, status: "running" });
    expect(await resultOf(rest)).toMatchObject({ status: "running" });
    expect(await domain.platform.run.wait({ runId })).toMatchObject({ status: "succeeded" });
  });

  it("cannot be detached where nothing stays", async () => {
    await using domain = openMemoryDomain({ resident: false });
    const { runId, rest } = await foreground(domain.platform, { command: ["sleep", "0.2"] });
    await expect(domain.platform.run.detach({ runId })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(await resultOf(rest)).toMatchObject({ status: "succeeded" });
  });

  it("of somebody else is NOT_FOUND for every operation", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["cat"], interactive: true });
    const { run } = domain.platformOf("bob");
    const calls = [
      run.kill({ runId }),
      run.detach({ runId }),
      run.wait({ runId }),
      run.input({ runId, data: "x" }),
      collect(run.attach({ runId })),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await domain.platform.run.get({ runId })).toMatchObject({ status: "running" });
  });

  it("in another process of Moorage is told so", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    const other = { live: new LiveRuns(), holders: { self: "other", isAlive: () => true, sharesClock: () => true } };
    const { run } = createPlatform({ ...domain.context, ...other }, unrestricted("alice"));
    await expect(run.kill({ runId })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The run "${runId}" is watched by another process of Moorage.`,
      hint: "Ask the one that started it; runs that many are to reach belong to a server: `moorage serve`.",
    });
    const waited = await run.wait({ runId, timeoutMs: 10 });
    expect(waited).toMatchObject({ ok: false, reason: "timeout", status: "running" });
  });
});

describe("a signal", () => {
  it.each(["USR1", "SIGUSR1"])("%s reaches the program", async (signal) => {
    await using domain = openMemoryDomain();
    const { run } = domain.platform;
    const { runId } = await background(domain, { command: ["tell-signals", "600", "USR1"] });
    await run.wait({ runId, pattern: "." });
    expect(await run.signal({ runId, signal })).toEqual({ runId, signal });
    expect(await run.wait({ runId, pattern: "USR1" })).toMatchObject({ ok: true });
    await run.kill({ runId });
    await expect(run.signal({ runId, signal })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("that nobody knows is refused", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["true"] });
    await expect(domain.platform.run.signal({ runId, signal: "NOPE" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        'run.signal: signal: expected HUP, INT, QUIT, TERM, KILL, STOP, CONT, USR1, USR2, with or without SIG (got "NOPE").',
    });
  });
});

describe("a terminal", () => {
  it("has its size, hears of changes, and no deadline but the maximum", async () => {
    await using domain = openMemoryDomain();
    const { run } = domain.platform;
    const tty = { columns: 132, rows: 43 };
    const { runId, limits } = await background(domain, { command: ["watch-terminal", "600"], tty });
    expect(limits.timeoutMs).toBe(domain.context.policy.maxima.timeoutMs);
    expect(await run.wait({ runId, pattern: "^43 132$" })).toMatchObject({ ok: true });
    expect(await run.resize({ runId, columns: 80, rows: 24 })).toEqual({ runId, columns: 80, rows: 24 });
    expect(await run.wait({ runId, pattern: "^24 80$" })).toMatchObject({ ok: true });
  });

  it("that is not there has no size", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    await expect(domain.platform.run.resize({ runId, columns: 80, rows: 24 })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The run "${runId}" has no terminal.`,
      hint: "Start it with one: `moorage sandbox exec --tty`.",
    });
    await expect(domain.platform.run.resize({ runId, columns: 0, rows: 24 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "run.resize: columns: expected at least 1 (got 0).",
    });
  });
});

describe("waiting for a run", () => {
  it("until it prints a line that matches, on either stream, without its end", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600", "one\nready on 80\r\nthree"] });
    const { run } = domain.platform;
    const matched = await run.wait({ runId, pattern: "^ready on \\d+$" });
    expect(matched).toMatchObject({ ok: true, reason: "matched", line: "ready on 80", status: "running" });
    const late = await run.wait({ runId, pattern: "never", timeoutMs: 30 });
    expect(late).toMatchObject({ ok: false, reason: "timeout", line: null, status: "running" });
    await run.kill({ runId });
    expect(await run.wait({ runId, pattern: "never" })).toMatchObject({
      ok: false,
      reason: "ended",
      status: "canceled",
    });
    expect(await run.wait({ runId, pattern: "three" })).toMatchObject({ ok: true, line: "three" });
  });

  it("until a port listens in its sandbox", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["serve", "8080", "/"] });
    const { run } = domain.platform;
    expect(await run.wait({ runId, port: 8080 })).toMatchObject({ ok: true, reason: "listening", status: "running" });
    expect(await run.wait({ runId, port: 8081, timeoutMs: 30 })).toMatchObject({ ok: false, reason: "timeout" });
    await run.kill({ runId });
    expect(await run.wait({ runId, port: 8081 })).toMatchObject({ ok: false, reason: "ended" });
  });

  it("for a port of a sandbox that stops under the look is over with the run", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const listens = async (id: string): Promise<boolean> => {
      await engine.stop(id, { graceMs: 0 });
      throw new MoorageError("START_FAILED", "Nothing can be started in the sandbox: no reason was given");
    };
    const ports = { ...engine.ports, listens } as NonNullable<Engine["ports"]>;
    const { run } = createPlatform({ ...domain.context, engine: { ...engine, ports } }, unrestricted("alice"));
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    expect(await run.wait({ runId, port: 8080 })).toMatchObject({ ok: false, reason: "ended" });
  });

  it("ends with its caller, and ends nothing", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    const waiting = domain.platform.run.wait({ runId }, { signal: AbortSignal.timeout(30) });
    await expect(waiting).rejects.toMatchObject({ code: "CANCELED" });
    expect(await domain.platform.run.get({ runId })).toMatchObject({ status: "running" });
  });

  it.each([
    [{ pattern: "(a" }, "INVALID_INPUT", /^The pattern "\(a" cannot be read: missing closing \): `\(a`\.$/],
    [
      { pattern: "(?=a)" },
      "INVALID_INPUT",
      /^The pattern "\(\?=a\)" cannot be read: invalid or unsupported Perl syntax/,
    ],
    [{ pattern: "a", port: 1 }, "INVALID_INPUT", /^run\.wait: expected either a pattern or a port, got both\.$/],
    [{ timeoutMs: 0 }, "INVALID_INPUT", /^run\.wait: timeoutMs: expected at least 1 ms \(got 0\)\.$/],
  ])("with %o is refused", async (input, code, message) => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["true"] });
    const told: unknown = expect.stringMatching(message);
    await expect(domain.platform.run.wait({ runId, ...input })).rejects.toMatchObject({ code, message: told });
  });
});

describe("input", () => {
  it("is passed on in order while the run goes on, and its end is told to the program", async () => {
    await using domain = openMemoryDomain();
    const { run } = domain.platform;
    const { runId } = await background(domain, { command: ["cat"], interactive: true });
    expect(await run.input({ runId, offset: 0, data: "hel" })).toEqual({ runId, nextOffset: 3, closed: false });
    const twice = { runId, offset: 3, data: "lo\n" };
    expect(await run.input(twice)).toEqual({ runId, nextOffset: 6, closed: false });
    expect(await run.input(twice)).toEqual({ runId, nextOffset: 6, closed: false });
    expect(await run.wait({ runId, pattern: "^hello$" })).toMatchObject({ ok: true });
    const last = { runId, data: Buffer.from([255]).toString("base64"), encoding: "base64" as const, close: true };
    expect(await run.input(last)).toEqual({ runId, nextOffset: 7, closed: true });
    expect(await run.wait({ runId })).toMatchObject({ status: "succeeded" });
    expect(await run.get({ runId })).toMatchObject({ stdoutBytes: 7 });
    await expect(run.input({ runId, data: "more" })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is refused by a run that was started without it", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await background(domain, { command: ["sleep", "600"] });
    await expect(domain.platform.run.input({ runId, data: "x" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The run "${runId}" takes no input: it was not started with \`interactive\`.`,
      hint: "Start it with --stdin, or give what it reads to `stdin` at once.",
    });
  });

  it("is either given at once or sent", async () => {
    await using domain = openMemoryDomain();
    const run = domain.platform.job.run({ command: ["cat"], stdin: "x", interactive: true });
    await expect(resultOf(run)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "stdin: expected either its content or `interactive`, got both.",
      hint: "Send the content with run.input once the run has started.",
    });
  });
});
