import { describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { openNetworked } from "../../../test/fixtures/networked-domain.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

const soon = { timeout: 20_000, interval: 20 };

describe("a sandbox with a main process of its own", () => {
  it("runs it, keeps its output, and is stopped with its code when it ends", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const ended = {
      state: "stopped",
      reason: "Its main process ended with code 0; it printed last: one | two | oops",
      pausedBy: "engine",
    };
    const made = await sandbox.create({ name: "short", command: ["print", "one\ntwo\n", "oops\n"] });
    const { id } = made;
    expect(made).toMatchObject(ended);
    expect(await sandbox.get({ id })).toMatchObject(ended);
    await expect(resultOf(sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message:
        'Sandbox "short" is stopped (Its main process ended with code 0; it printed last: one | two | oops); a run needs one that is running.',
      hint: "Read all that it printed with `moorage sandbox output short`; `moorage sandbox start short` runs it again.",
    });
    const { next, ...output } = await sandbox.output({ id });
    expect(output).toEqual({ stdout: "one\ntwo\n", stderr: "oops\n", bytes: 13, gap: false });
    expect(await sandbox.output({ id, tail: 1 })).toMatchObject({ stdout: "two\n", stderr: "oops\n", bytes: 13 });
    const after = next ?? "";
    expect(await sandbox.output({ id, after })).toEqual({ stdout: "", stderr: "", bytes: 0, next, gap: false });
    await expect(sandbox.output({ id, after: "nowhere" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: '"nowhere" is no place in the output of a sandbox.',
      hint: "Give what an earlier answer called `next`, or nothing to begin with the oldest that is kept.",
    });
    await expect(domain.platformOf("bob").sandbox.output({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const reason = `${ended.reason} | one | two | oops`;
    expect(await sandbox.start({ id })).toMatchObject({ ...ended, reason });
  });

  it("runs the image's own command where none is named", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const context = dockerfileAlone('FROM busybox:latest\nCMD ["serve", "8080"]\n');
    await domain.context.engine.images?.build({ tag: "server:1", context, labels: {} }, {});
    const made = await sandbox.create({ image: "server:1", useImageCommand: true, readiness: { port: 8080 } });
    expect(made).toMatchObject({ state: "running", useImageCommand: true, command: null, readiness: { port: 8080 } });
  });

  it("of a sandbox without one has no output", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "quiet" });
    await expect(domain.platform.sandbox.output({ id: "quiet" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'The sandbox "quiet" has no main process of its own, so there is no output of one.',
      hint: "The output of its runs is kept: `moorage sandbox runs quiet`.",
    });
  });

  it("is ENGINE_UNSUPPORTED where each run is apart", async () => {
    await using domain = openMemoryDomain();
    const { ports: _ports, ...engine } = domain.context.engine;
    const platform = createPlatform({ ...domain.context, engine }, unrestricted("alice"));
    await expect(platform.sandbox.create({ command: ["sleep", "1"] })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: "A sandbox of the memory engine has no main process of its own: each run is apart.",
      hint: "Leave the command out, and start it as a run.",
    });
  });
});

describe("create waits until a sandbox is ready", () => {
  const readinessIntervalMs = 50;

  it.each([
    { port: 8080 },
    { http: { port: 8080, path: "/health" } },
    { http: { port: 8080, path: "/other", status: 503 } },
    { log: "^serving on port \\d+$" },
    { command: ["true"] },
  ])("by %j", async (readiness) => {
    const { domain, platform } = openNetworked();
    await using _ = domain;
    const command = ["serve", "8080", "/health"];
    const made = await platform.sandbox.create({ command, readiness, readinessIntervalMs });
    expect(made.state).toBe("running");
  });

  it("and is starting for others until then, who may do something else", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file } = domain.platform;
    const creating = sandbox.create({ name: "slow", readiness: { command: ["cat", "go"] }, readinessIntervalMs });
    await expect.poll(async () => (await sandbox.list({})).items.map(({ state }) => state), soon).toEqual(["starting"]);
    const other = await sandbox.create({ name: "other" });
    expect(other.state).toBe("running");
    const { id = "" } = (await sandbox.list({})).items.find(({ name }) => name === "slow") ?? {};
    await expect.poll(() => domain.context.engine.inspect(id), soon).toBeDefined();
    const { engine } = domain.context;
    const run = await engine.exec(id, { command: ["write", "go", "1"], env: {}, cwd: "/workspace" });
    await run.exit;
    expect((await creating).state).toBe("running");
    expect(await file.read({ id: "slow", path: "go" })).toMatchObject({ content: "1" });
  });

  it.each([
    [{ port: 81 }, "nothing listens on port 81"],
    [{ http: { port: 81 } }, 'port 81 cannot be reached in the network "internal"'],
    [{ http: { port: 8080, path: "/no" } }, "GET /no answered 503"],
    [{ http: { port: 8080, path: "/health", status: 204 } }, "GET /health answered 200, not 204"],
    [{ log: "never said" }, 'no line of its output matches "never said"'],
    [{ command: ["false"] }, '"false" ended with 1'],
  ])("and removes what is not ready by %j at its deadline", async (readiness, missing) => {
    const { domain, platform } = openNetworked();
    await using _ = domain;
    const command = ["serve", "8080", "/health"];
    const wish = { name: "late", command, readiness, readinessTimeoutMs: 2_000, readinessIntervalMs };
    await expect(platform.sandbox.create(wish)).rejects.toMatchObject({
      code: "SANDBOX_NOT_READY",
      message: `The sandbox "late" was not ready: after 2 s ${missing}. It printed last: serving on port 8080`,
      hint: "Its last output is in the message; check the readiness, or give it more time with --ready-timeout.",
    });
    expect(await domain.context.engine.list()).toEqual([]);
    expect((await platform.sandbox.list({})).items).toEqual([]);
  });

  it("and tells at once when its main process has ended", async () => {
    await using domain = openMemoryDomain();
    const wish = { command: ["print", "", "no database\n"], readiness: { port: 80 }, readinessIntervalMs };
    await expect(domain.platform.sandbox.create({ ...wish, name: "dead" })).rejects.toMatchObject({
      code: "SANDBOX_NOT_READY",
      message: 'The sandbox "dead" was not ready: its main process ended with code 0. It printed last: no database',
    });
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("and ends with CANCELED when its caller leaves, and leaves nothing", async () => {
    await using domain = openMemoryDomain();
    const abort = new AbortController();
    const wish = { readiness: { command: ["sleep", "60"] }, readinessIntervalMs };
    const creating = domain.platform.sandbox.create(wish, { signal: abort.signal });
    await expect.poll(async () => (await domain.context.engine.list()).length, soon).toBe(1);
    abort.abort();
    await expect(creating).rejects.toMatchObject({ code: "CANCELED" });
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it.each([
    [{}, "expected one of port, http, log and command"],
    [{ port: 80, log: "x" }, "expected one of port, http, log and command"],
    [{ port: 0 }, "expected 1 to 65535"],
    [{ port: 70_000 }, "expected 1 to 65535"],
    [{ http: { port: 80, path: "health" } }, "expected a path that begins with /"],
    [{ log: "(a" }, 'The pattern "(a" cannot be read: missing closing ): `(a`.'],
    [{ log: "(?=a)" }, 'The pattern "(?=a)" cannot be read: invalid or unsupported Perl syntax'],
  ])("but refuses the readiness %j", async (readiness, message) => {
    await using domain = openMemoryDomain();
    const attempt = domain.platform.sandbox.create({ command: ["sleep", "1"], readiness });
    await expect(attempt).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("but not for a main process that there is not", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ readiness: { port: 80 } })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "readiness.port waits for the main process, but this sandbox has none of its own.",
      hint: "Add --use-image-command, or a command after --; or check by a command.",
    });
  });
});
