import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEngineProxy } from "../../../../../test/fixtures/engine-proxy.ts";
import { newId } from "../../../../base/ids.ts";
import { silentLogger } from "../../../../base/logger.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { createDockerEngine, parseDockerHost } from "../../docker-engine.ts";
import { failureOf, openDockerFixture, printed, untilPrinted, type DockerFixture } from "../../docker-fixture.ts";

/** The subreaper of a shell that waits, or serves a run. */
const SHELL = /docker-init.*moorage understood/s;
const POLL = { timeout: 20_000 };

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture({ warm: true });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function shells(id: string): Promise<number> {
  return (await fixture.processes(id)).filter((line) => SHELL.test(line)).length;
}

/** A sandbox with a shell that waits. */
async function warmSandbox(image = "busybox:latest"): Promise<string> {
  const id = await fixture.sandbox({ image });
  await expect.poll(() => shells(id), POLL).toBe(1);
  return id;
}

function exec(id: string, wish: Partial<RunSpec> & Pick<RunSpec, "command">, signal?: AbortSignal): Promise<EngineRun> {
  return fixture.engine.exec(id, { env: {}, cwd: "/workspace", ...wish }, signal);
}

for (const image of ["busybox:latest", "python:3.11-slim"]) {
  describe(`a run in a shell that waited, in ${image}`, () => {
    test("has the arguments, environment, directory, input and code that were asked for", async () => {
      const id = await warmSandbox(image);
      const every = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join("");
      const script = String.raw`printf '%s\0' "$1" "$GIVEN" "$PWD" "$(cat)"; exit 42`;
      const stdin = (async function* () {
        yield await Promise.resolve(Buffer.from("input"));
      })();
      const given = { env: { GIVEN: every }, cwd: "/tmp", stdin };
      const { out, exit } = await printed(await exec(id, { command: ["sh", "-c", script, "sh", every], ...given }));
      expect(out.split("\0")).toEqual([every, every, "/tmp", "input", ""]);
      expect(exit).toMatchObject({ exitCode: 42, signal: null });
    });

    test("has a short stdin, as it is, and stays for the next", async () => {
      const id = await warmSandbox(image);
      for (const text of ["", "\n", "no end", "two\nlines\n\n", "'\"\\$x`%s"]) {
        const { out } = await printed(await exec(id, { command: ["cat"], stdin: Buffer.from(text) }));
        expect(out).toBe(text);
      }
      expect(await shells(id)).toBe(1);
    });

    test("leaves nothing behind, and its tree is ended whole", async () => {
      const id = await warmSandbox(image);
      await fixture.shell(id, "(setsid sleep 1111 >/dev/null 2>&1 &) ; sleep 0.1");
      await expect.poll(() => shells(id), POLL).toBeGreaterThan(0);
      const run = await exec(id, { command: ["sh", "-c", 'trap "" TERM; setsid sleep 2222 & echo ready; wait; wait'] });
      await untilPrinted(run, "ready");
      await run.terminate();
      expect(await run.kill()).toEqual({ unitStopped: false });
      expect((await run.exit).exitCode).toBe(137);
      expect((await fixture.processes(id)).filter((line) => /sleep (?:1111|2222)/.test(line))).toEqual([]);
    });
  });
}

test("a missing directory is INVALID_INPUT, a missing program 127, and what cannot be executed 126", async () => {
  const id = await warmSandbox();
  const { code, message } = await failureOf(exec(id, { command: ["true"], cwd: "/nowhere" }));
  expect({ code, message }).toEqual({
    code: "INVALID_INPUT",
    message: 'The working directory "/nowhere" is not a directory that this run can enter.',
  });
  for (const [program, exitCode] of [
    ["there-is-no-such-program", 127],
    ["/etc/passwd", 126],
  ] as const) {
    await expect.poll(() => shells(id), POLL).toBeGreaterThan(0);
    const { out, exit } = await printed(await exec(id, { command: [program] }));
    expect({ out, exitCode: exit.exitCode }).toEqual({ out: "", exitCode });
  }
});

test("a program that begins with a dash is INVALID_INPUT", async () => {
  const id = await warmSandbox();
  const { code, message, hint } = await failureOf(exec(id, { command: ["-rf"] }));
  expect({ code, message, hint }).toEqual({
    code: "INVALID_INPUT",
    message: 'The program "-rf" begins with a dash; expected a name or a path.',
    hint: "Name it by its path, such as ./-name.",
  });
});

test("what was handed to a paused sandbox never begins", async () => {
  const id = await warmSandbox();
  await fixture.engine.freezer?.pause(id);
  expect((await failureOf(exec(id, { command: ["touch", "/workspace/trace"] }))).code).toBe("SANDBOX_NOT_RUNNING");
  await fixture.engine.freezer?.unpause(id);
  const { out } = await fixture.shell(id, "sleep 0.5; ls /workspace");
  expect(out).toBe("");
});

test("the shells of a sandbox end when it is stopped, and come again after it was started", async () => {
  const id = await warmSandbox();
  await fixture.engine.stop(id, { graceMs: 1000 });
  expect((await failureOf(exec(id, { command: ["true"] }))).code).toBe("SANDBOX_NOT_RUNNING");
  await fixture.engine.start(id);
  await expect.poll(() => shells(id), POLL).toBe(1);
  expect((await fixture.shell(id, "exit 6")).exit.exitCode).toBe(6);
});

test("runs at one time and one after another all have their own code, in as many shells as there are at one time", async () => {
  const id = await warmSandbox();
  const codes = Array.from({ length: 12 }, (_, code) => code);
  const ended = await Promise.all(codes.map(async (code) => (await fixture.shell(id, `exit ${code}`)).exit.exitCode));
  expect(ended).toEqual(codes);
  const kept = await shells(id);
  expect(kept).toBeGreaterThan(1);
  for (const code of codes) expect((await fixture.shell(id, `exit ${code}`)).exit.exitCode).toBe(code);
  expect(await shells(id)).toBe(kept);
});

test("the shells end together with the Moorage that keeps them", async () => {
  const id = await fixture.sandbox();
  const options = { endpoint: parseDockerHost(undefined), labels: fixture.labels, logger: silentLogger, warm: true };
  const other = createDockerEngine(options);
  const run = await other.exec(id, { command: ["true"], env: {}, cwd: "/workspace" });
  await run.exit;
  await expect.poll(() => shells(id), POLL).toBe(2);
  await other[Symbol.asyncDispose]();
  await expect.poll(() => shells(id), POLL).toBe(1);
});

test("a shell serves run after run, and nothing of one comes to the next", async () => {
  const id = await warmSandbox("python:3.11-slim");
  const before = await fixture.processes(id);
  const first = await printed(await exec(id, { command: ["sh", "-c", "cd /; umask 777; echo $A"], env: { A: "one" } }));
  const second = await printed(
    await exec(id, { command: ["sh", "-c", "pwd; umask; echo $A; readlink /proc/$PPID/fd/3"] }),
  );
  expect([first.out, first.exit.exitCode]).toEqual(["one\n", 0]);
  expect(second.out.split("\n").slice(0, 3)).toEqual(["/workspace", "0022", ""]);
  expect(await fixture.processes(id)).toEqual(before);
});

test("what looks like the end of a run does not end it, and both streams come whole", async () => {
  const id = await warmSandbox();
  const script =
    'echo "moorage end $1 0"; echo "moorage end $1 0" >&2; sleep 0.2; printf "moorage end"; printf more >&2; exit 7';
  for (const guess of ["start", "0".repeat(32), "$moorage_secret"]) {
    const { out, err, exit } = await printed(await exec(id, { command: ["sh", "-c", script, "sh", guess] }));
    expect(out).toBe(`moorage end ${guess} 0\nmoorage end`);
    expect(err).toBe(`moorage end ${guess} 0\nmore`);
    expect(exit.exitCode).toBe(7);
  }
});

test("the secret of an end is in no place where a program may look", async () => {
  const id = await warmSandbox("python:3.11-slim");
  const look =
    "env; tr '\\0' '\\n' </proc/$PPID/environ; tr '\\0' '\\n' </proc/$PPID/cmdline; tr '\\0' '\\n' </proc/$$/cmdline; set";
  const { out } = await printed(await exec(id, { command: ["sh", "-c", look] }));
  expect(out).toContain("moorage end");
  expect(out).not.toMatch(/[0-9a-f]{32}/);
});

test("a program that kills the shell that serves it ends its run, and the next has another", async () => {
  const id = await warmSandbox();
  const { exit } = await printed(await exec(id, { command: ["sh", "-c", "kill -KILL $PPID; exec sleep 3333"] }));
  expect(exit.exitCode).toBe(137);
  expect((await fixture.processes(id)).filter((line) => line.includes("sleep 3333"))).toEqual([]);
  expect((await fixture.shell(id, "exit 4")).exit.exitCode).toBe(4);
});

test("a sandbox with room for few processes keeps them all for its runs", async () => {
  const limits = { memoryBytes: 128 * 1024 * 1024, cpus: 1, pids: 7 };
  const id = await fixture.sandbox({ limits });
  // The runtime's own threads count, and do not always fit beside what is there: then the run does not start.
  const [begun] = await Promise.allSettled([fixture.shell(id, "exit 8")]);
  expect(begun.status === "rejected" || begun.value.exit.exitCode === 8).toBe(true);
  expect(await shells(id)).toBe(0);
});

test("a shell whose run could not be watched is ended, and another takes its place", async () => {
  const directory = await mkdtemp(join(tmpdir(), "moorage-warm-"));
  try {
    let isBroken = true;
    const intercept = (head: string) => (isBroken && /^GET \S+\/events/.test(head) ? { reply: "" } : undefined);
    await using proxy = await openEngineProxy(join(directory, "engine.sock"), { intercept });
    await using own = openDockerFixture({ endpoint: { socketPath: proxy.socketPath }, warm: true });
    // Room for one shell: one that is counted on after it was given up keeps the place of every other.
    const id = await own.sandbox({ limits: { memoryBytes: 128 * 1024 * 1024, cpus: 1, pids: 15 } });
    const waiting = async () => (await own.processes(id)).filter((line) => SHELL.test(line)).length;
    await expect.poll(waiting, POLL).toBe(1);
    expect((await failureOf(own.exec(id, ["true"]))).code).toBe("ENGINE_UNREACHABLE");
    isBroken = false;
    const parent = async () => (await own.shell(id, "tr '\\0' '\\n' </proc/$PPID/cmdline")).out;
    await expect.poll(parent, POLL).toContain("moorage understood");
    expect(await waiting()).toBe(1);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("an environment that a shell minds, and a long line, take the plain way to the same end", async () => {
  const id = await warmSandbox();
  const long = randomBytes(6000).toString("hex");
  const command = ["sh", "-c", 'printf %s "$1$a_name"; exit 9', "sh", long];
  const { out, exit } = await printed(await exec(id, { command, env: { a_name: newId(), PS4: "x" } }));
  expect(out.startsWith(long)).toBe(true);
  expect(exit.exitCode).toBe(9);
});
