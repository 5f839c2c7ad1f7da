import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { finished, openHome, type Home } from "../fixtures/command-line.ts";

const PATIENCE_MS = 50_000;

describe("runs of a server on docker", () => {
  let home: Home;
  let server: RunningServer;

  beforeAll(async () => {
    home = await openHome();
    server = await startServer(home);
    await home.moorage(["sandbox", "create", "--name", "box"]);
  }, PATIENCE_MS);

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }, PATIENCE_MS);

  it("go on in the background, are followed, fed by many callers, and killed", async () => {
    const { sdk } = server;
    const script = 'echo begun; while read -r line; do echo "got $line"; done; echo over; sleep 600';
    const { stdout } = await home.moorage(["sandbox", "exec", "-d", "-i", "box", "--", "sh", "-c", script]);
    const runId = stdout.trim();
    const attached = finished(home.start(["runs", "attach", runId]));
    expect(await home.moorage(["runs", "input", runId], { input: "one\n" })).toMatchObject({ code: 0 });
    expect(await sdk.run.wait({ runId, pattern: "^got" })).toMatchObject({ line: "got one" });
    await sdk.run.input({ runId, offset: 4, data: "two\n", close: true });
    expect(await sdk.run.wait({ runId, pattern: "over" })).toMatchObject({ ok: true });
    expect(await sdk.run.kill({ runId })).toMatchObject({ status: "canceled" });
    expect((await attached).stdout).toBe("begun\ngot one\ngot two\nover\n");
    const logs = await home.moorage(["sandbox", "logs", "box", "--tail", "1"]);
    expect(logs.stdout).toBe("over\n");
  });

  it("keep directory, variables and functions in a session, and tell each command's own end", async () => {
    const { sdk } = server;
    const line = (text: string, more: object = {}) =>
      resultOf(sdk.sandbox.exec({ id: "box", session: "work", shell: true, command: [text], ...more }));
    expect(await line("mkdir -p 'a b'; cd 'a b'; X='1 2'; f() { echo \"f $X $1\"; }")).toMatchObject({ exitCode: 0 });
    expect(await line('pwd; f "it\'s"\necho err >&2; (exit 9)')).toMatchObject({
      exitCode: 9,
      stdout: "/workspace/a b\nf 1 2 it's\n",
      stderr: "err\n",
    });
    expect(await line("cat; if then")).toMatchObject({ exitCode: 2 });
    const words = sdk.sandbox.exec({ id: "box", session: "work", command: ["printf", "%s|", "$X", "a\nb"] });
    expect(await resultOf(words)).toMatchObject({ stdout: "$X|a\nb|" });
    const { runId } = await line("sleep 600", { background: true });
    await expect(line("true")).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The session "work" is busy with run "${runId}": one command at a time.`,
      hint: `Wait for it with \`moorage runs wait ${runId}\`, or use another session.`,
    });
    expect(await sdk.run.kill({ runId })).toMatchObject({ status: "canceled" });
    expect(await line("sleep 600; echo later", { timeoutMs: 300 })).toMatchObject({
      status: "timed_out",
      exitCode: 124,
      stdout: "",
      warnings: [],
    });
    expect(await line("f kept")).toMatchObject({ exitCode: 0, stdout: "f 1 2 kept\n" });
    const stubborn = "trap '' INT TERM; while :; do :; done";
    expect(await line(stubborn, { timeoutMs: 300 })).toMatchObject({
      status: "timed_out",
      warnings: ['The session "work" ended with this command; what it kept is gone.'],
    });
    expect(await line("pwd; exit 4")).toMatchObject({ exitCode: 4, stdout: "/workspace\n" });
    expect(await line("true")).toMatchObject({ exitCode: 0 });
    expect((await sdk.session.list({ id: "box" })).items).toMatchObject([{ name: "work", runId: null }]);
    expect(await sdk.session.remove({ id: "box", name: "work" })).toEqual({ name: "work", removed: true });
    expect((await sdk.session.list({ id: "box" })).items).toEqual([]);
  });
});

it("a run in the background needs a server", async () => {
  await using home = await openHome();
  const seen = await home.moorage(["sandbox", "exec", "-d", "box", "--", "true"]);
  expect(seen).toMatchObject({ code: 125, stdout: "" });
  expect(seen.stderr).toContain(
    "error: A run in the background, or in a session, needs a server that stays; this command works without one.\n",
  );
  expect(seen.stderr).toContain("hint: Start one with `moorage serve`, then repeat the command; ");
});
