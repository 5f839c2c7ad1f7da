import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { listProcesses } from "../../scripts/setup/processes.ts";
import { sshHost, type SshHost } from "../../scripts/setup/ssh-daemon.ts";
import { tlsEngine, type TlsEngine } from "../../scripts/setup/tls-engine.ts";
import { newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { failureOf, jobSpec, printed, unitSpec } from "../../src/engine/docker/docker-fixture.ts";
import { chooseEndpoint, createDockerEngine, type DockerEndpoint } from "../../src/engine/docker/docker-engine.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createUnitLabels } from "../../src/engine/unit-labels.ts";
import { copyImage } from "../fixtures/private-docker.ts";
import { tcpTimers } from "../fixtures/tcp-timers.ts";

const STARTUP_MS = 120_000;
const MIB = 1024 * 1024;

await withPrivateEngines(() => {
  let engine: TlsEngine;
  let ssh: SshHost;
  let nowhere: string;
  let socketPath = "";
  const undo = new AsyncDisposableStack();
  beforeAll(async () => {
    nowhere = await mkdtemp(join(tmpdir(), "moorage-docker-config-"));
    undo.defer(() => rm(nowhere, { recursive: true }));
    ssh = undo.use(await sshHost());
    engine = undo.use(await tlsEngine(AbortSignal.timeout(STARTUP_MS)));
    if (engine.address.kind !== "unix") throw new Error("A private engine has a unix socket.");
    socketPath = engine.address.path;
    await copyImage("busybox:latest", { socketPath });
  }, STARTUP_MS);
  afterAll(() => undo.disposeAsync(), STARTUP_MS);

  const byTls = async (): Promise<DockerEndpoint> => {
    const { port, certificates: certPath } = engine;
    const host = `tcp://127.0.0.1:${port}`;
    return (await chooseEndpoint({ host, tlsVerify: true, certPath, configDirectory: nowhere })).endpoint;
  };
  const bySsh = async (): Promise<DockerEndpoint> => {
    const host = `ssh://${ssh.host}${socketPath}`;
    return (await chooseEndpoint({ host, sshConfig: ssh.configFile, configDirectory: nowhere })).endpoint;
  };

  describe.each([
    ["TLS", byTls],
    ["ssh", bySsh],
  ])("an engine that is reached by %s", { timeout: 60_000 }, (_, endpoint) => {
    test("runs what is asked of it, with input, output and its end intact", async () => {
      await using far = open(await endpoint());
      const sandbox = unitSpec("sandbox");
      await far.createSandbox(sandbox);
      try {
        const input = randomBytes(3 * MIB);
        const stdin = pieces(input);
        const run = await far.exec(sandbox.id, { command: ["sha256sum"], env: {}, cwd: "/workspace", stdin });
        expect(await printed(run)).toMatchObject({
          out: `${createHash("sha256").update(input).digest("hex")}  -\n`,
          exit: { exitCode: 0 },
        });
        const wide = await far.exec(sandbox.id, {
          command: ["sh", "-c", "printf kept; head -c 2000000 /dev/zero | tr '\\0' x; exit 7"],
          env: {},
          cwd: "/workspace",
        });
        const { out, exit } = await printed(wide);
        expect([out.length, out.slice(0, 5), exit.exitCode]).toEqual([2_000_004, "keptx", 7]);
      } finally {
        await far.remove(sandbox.id);
      }
      expect(await far.list()).toEqual([]);
    });

    test("keeps files, in parts and in trees, and terminals whose size changes", async () => {
      await using far = open(await endpoint());
      const { files, exec, createSandbox, remove } = far;
      const spec = unitSpec("sandbox");
      const { id } = spec;
      await createSandbox(spec);
      try {
        const bytes = randomBytes(3 * MIB);
        const path = "/workspace/deep/file";
        expect(await files.write(id, { path, content: pieces(bytes) })).toEqual({ sizeBytes: bytes.length });
        await using file = await files.open(id, path);
        const part = Buffer.concat(await Array.fromAsync(file.read(MIB + 1, MIB)));
        expect(part.equals(bytes.subarray(MIB + 1, 2 * MIB + 1))).toBe(true);
        await files.upload(id, { path: "/workspace/copy", tar: files.download(id, "/workspace/deep") });
        const entries = await Array.fromAsync(files.walk(id, { path: "/workspace" }));
        const found = ["copy", "copy/deep", "copy/deep/file", "deep", "deep/file"];
        expect(entries.map((entry) => entry.path)).toEqual(found);
        await files.remove(id, "/workspace/copy");
        expect((await files.list(id, "/workspace")).map(({ name }) => name)).toEqual(["deep"]);

        const command = ["sh", "-c", 'until [ "$(stty size)" = "37 133" ]; do sleep 0.1; done; stty size'];
        const run = await exec(id, { command, env: {}, cwd: "/workspace", tty: { columns: 80, rows: 24 } });
        await run.resize?.({ columns: 133, rows: 37 });
        expect(await printed(run)).toMatchObject({ out: "37 133\r\n", exit: { exitCode: 0 } });
      } finally {
        await remove(id);
      }
      expect(await far.inspect(id)).toBeUndefined();
    });

    test("ends a job at once when it is killed", async () => {
      await using far = open(await endpoint());
      const spec = jobSpec(["sleep", "600"]);
      const run = await far.startJob(spec);
      expect(await run.kill()).toEqual({ unitStopped: true });
      await far.remove(spec.id);
    });
  });

  describe("TLS", () => {
    test("asks in silence whether the engine is still there", async () => {
      await using far = open(await byTls());
      const spec = jobSpec(["sleep", "600"]);
      const run = await far.startJob(spec);
      // The job's output, its end, and nothing else that is still open.
      await expect.poll(() => tcpTimers(engine.port)).toEqual(["keep-alive", "keep-alive"]);
      await run.kill();
      await far.remove(spec.id);
    });

    test("without a client's certificate, or against another authority, is refused", async () => {
      const endpoint = await byTls();
      if (!("host" in endpoint) || endpoint.tls === undefined) throw new Error("expected TLS");
      const { ca } = endpoint.tls;
      await using stranger = open({ ...endpoint, tls: { ca } });
      expect(await failureOf(stranger.info())).toMatchObject({
        code: "ENGINE_PERMISSION",
        message: expect.stringContaining("refuses this user's certificate") as string,
      });
      await using other = open({ ...endpoint, tls: { ...endpoint.tls, ca: endpoint.tls.cert ?? "" } });
      expect(await failureOf(other.info())).toMatchObject({
        code: "ENGINE_PERMISSION",
        message: expect.stringContaining("not the one that its CA proves") as string,
      });
    });

    test("where the engine wants it and was asked without, says so", async () => {
      await using plain = open({ host: "127.0.0.1", port: engine.port });
      expect(await failureOf(plain.info())).toMatchObject({
        code: "ENGINE_UNREACHABLE",
        message: "The engine wants TLS, and was asked without.",
        hint: "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.",
      });
    });
  });

  describe("ssh", () => {
    const tunnels = async () => (await listProcesses()).filter(({ command }) => command.includes(ssh.configFile));

    test("is one process for all calls, opened again when it has broken, and ends with the engine object", async () => {
      await using far = open(await bySsh());
      await Promise.all([far.info(), far.info(), far.list()]);
      const [first, ...others] = (await tunnels()).filter(({ command }) => command.startsWith("ssh "));
      expect(others).toEqual([]);
      process.kill(first?.pid ?? 0, "SIGKILL");
      await expect
        .poll(async () => (await far.info().catch(() => undefined))?.name, { timeout: 20_000 })
        .toBe("docker");
      await far[Symbol.asyncDispose]();
      await expect.poll(tunnels, { timeout: 20_000 }).toEqual([]);
    });

    test("does not take a directory of this machine for one of the other", async () => {
      await using far = open(await bySsh());
      const spec = { ...unitSpec("sandbox"), workspace: { type: "host", path: nowhere } } as const;
      expect(await failureOf(far.createSandbox(spec))).toMatchObject({
        code: "ENGINE_UNSUPPORTED",
        message: `The engine at ssh://moorage-test${socketPath} is on another machine, where ${nowhere} is not this directory.`,
        hint: expect.stringContaining("sandbox cp") as string,
      });
    });

    test("to a machine without that socket is ENGINE_UNREACHABLE, naming both", async () => {
      const { endpoint } = await chooseEndpoint({
        host: `ssh://${ssh.host}/run/no-such.sock`,
        sshConfig: ssh.configFile,
        configDirectory: nowhere,
      });
      await using far = open(endpoint);
      expect(await failureOf(far.info())).toMatchObject({
        code: "ENGINE_UNREACHABLE",
        message: expect.stringContaining("Docker does not answer at /run/no-such.sock on moorage-test") as string,
      });
    });

    test("with an unknown host key, or without a key that is accepted, is ENGINE_PERMISSION with ssh's words", async () => {
      await using own = await sshHost();
      const wish = { host: `ssh://${own.host}${socketPath}`, sshConfig: own.configFile, configDirectory: nowhere };
      const { endpoint } = await chooseEndpoint(wish);
      await own.refuseKeys();
      await using keyless = open(endpoint);
      expect(await failureOf(keyless.info())).toMatchObject({
        code: "ENGINE_PERMISSION",
        message: expect.stringMatching(/^ssh to moorage-test failed: .*Permission denied/) as string,
        hint: expect.stringContaining("`ssh moorage-test true` has to work without a question") as string,
      });
      await own.changeHostKey();
      await using forged = open(endpoint);
      expect(await failureOf(forged.info())).toMatchObject({
        code: "ENGINE_PERMISSION",
        message: expect.stringContaining("Host key verification failed") as string,
      });
    });
  });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield await Promise.resolve(bytes.subarray(at, at + 65_536));
}

function open(endpoint: DockerEndpoint): Engine {
  const labels = createUnitLabels(newId(), randomBytes(32));
  return createDockerEngine({ endpoint, labels, logger: silentLogger });
}
