import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../../../base/ids.ts";
import { silentLogger } from "../../../../base/logger.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { createDockerEngine, parseDockerHost } from "../../docker-engine.ts";
import { failureOf, openDockerFixture, printed, untilPrinted, type DockerFixture } from "../../docker-fixture.ts";

/** The subreaper of a shell that waits, or of a run that has begun in one. */
const STANDBY = /docker-init.*moorage understood/s;
const POLL = { timeout: 20_000 };

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture({ warm: true });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function standbys(id: string): Promise<number> {
  return (await fixture.processes(id)).filter((line) => STANDBY.test(line)).length;
}

/** A sandbox whose first run has been, with a shell that waits for the next. */
async function warmSandbox(image = "busybox:latest"): Promise<string> {
  const id = await fixture.sandbox({ image });
  expect((await fixture.shell(id, "exit 3")).exit.exitCode).toBe(3);
  await expect.poll(() => standbys(id), POLL).toBeGreaterThan(0);
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

    test("leaves nothing behind, and its tree is ended whole", async () => {
      const id = await warmSandbox(image);
      await fixture.shell(id, "(setsid sleep 1111 >/dev/null 2>&1 &) ; sleep 0.1");
      await expect.poll(() => standbys(id), POLL).toBeGreaterThan(0);
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
    await expect.poll(() => standbys(id), POLL).toBeGreaterThan(0);
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
  expect(await standbys(id)).toBe(0);
  expect((await fixture.shell(id, "exit 5")).exit.exitCode).toBe(5);
  await expect.poll(() => standbys(id), POLL).toBeGreaterThan(0);
  expect((await fixture.shell(id, "exit 6")).exit.exitCode).toBe(6);
});

test("runs at one time and one after another all have their own code, and the depth follows them", async () => {
  const id = await warmSandbox();
  const codes = Array.from({ length: 12 }, (_, code) => code);
  const ended = await Promise.all(codes.map(async (code) => (await fixture.shell(id, `exit ${code}`)).exit.exitCode));
  expect(ended).toEqual(codes);
  await expect.poll(() => standbys(id), POLL).toBeGreaterThan(4);
  for (const code of codes) expect((await fixture.shell(id, `exit ${code}`)).exit.exitCode).toBe(code);
});

test("the shells end together with the Moorage that keeps them", async () => {
  const id = await fixture.sandbox();
  const options = { endpoint: parseDockerHost(undefined), labels: fixture.labels, logger: silentLogger, warm: true };
  const other = createDockerEngine(options);
  const run = await other.exec(id, { command: ["true"], env: {}, cwd: "/workspace" });
  await run.exit;
  await expect.poll(() => standbys(id), POLL).toBe(1);
  await other[Symbol.asyncDispose]();
  await expect.poll(() => standbys(id), POLL).toBe(0);
});

test("an environment that a shell minds, and a long line, take the plain way to the same end", async () => {
  const id = await warmSandbox();
  const long = randomBytes(6000).toString("hex");
  const command = ["sh", "-c", 'printf %s "$1$a_name"; exit 9', "sh", long];
  const { out, exit } = await printed(await exec(id, { command, env: { a_name: newId(), PS4: "x" } }));
  expect(out.startsWith(long)).toBe(true);
  expect(exit.exitCode).toBe(9);
});
