import { chmod, link, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSocketServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../../base/logger.ts";
import type { Diagnosis, Engine } from "../../engine.ts";
import { createUnitLabels } from "../../unit-labels.ts";
import { failureOf } from "../docker-fixture.ts";
import { hostFixes } from "../api/host-fixes.ts";
import { createDockerEngine } from "../docker-engine.ts";
import { describeHost, engineWarnings } from "./describe-host.ts";

const NOBODY = 65_534;
const INFO = {
  ServerVersion: "20.10.24",
  Driver: "overlay2",
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsQuota: true,
  PidsLimit: true,
};

let directory: string;
let socketPath: string;
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-diagnose-"));
  await chmod(directory, 0o755);
  socketPath = join(directory, "engine.sock");
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
  server = undefined;
  await rm(directory, { recursive: true });
});

async function listen(listening: Server): Promise<void> {
  server = listening;
  listening.on("connection", (socket: Socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => void listening.listen(socketPath, resolve));
  await chmod(socketPath, 0o660);
}

function open(): Engine {
  const labels = createUnitLabels("diagnose", Buffer.alloc(32));
  return createDockerEngine({
    endpoint: { socketPath },
    labels,
    logger: silentLogger,
    programDirectories: [directory],
  });
}

/** Without the rights that root has on every file. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

function states(findings: readonly Diagnosis[]): readonly string[] {
  for (const finding of findings) {
    expect(finding.fix === null, `${finding.check}: ${finding.fix}`).toBe(finding.status === "ok");
  }
  return findings.map(({ check, status }) => `${check} ${status}`);
}

describe("an engine that cannot be used", () => {
  test("no socket and no Docker", async () => {
    const [socket, ping] = await open().diagnose();
    expect(states([socket, ping].filter((finding) => finding !== undefined))).toEqual([
      "engine.socket failed",
      "engine.ping failed",
    ]);
    expect(socket?.message).toBe(`There is no socket at ${socketPath}.`);
    expect(socket?.fix).toContain(hostFixes().install);
    expect(ping?.message).toContain("not installed");
    expect((await failureOf(open().info())).code).toBe("ENGINE_NOT_INSTALLED");
  });

  test("a file that is no socket", async () => {
    await writeFile(socketPath, "");
    const [socket] = await open().diagnose();
    expect(socket).toMatchObject({ status: "failed", message: `${socketPath} is not a socket.` });
  });

  test("a socket that this user may not use", async () => {
    await listen(createSocketServer((socket) => socket.destroy()));
    await chmod(socketPath, 0o000);
    const engine = open();
    const [socket, ping] = await asOrdinaryUser(() => engine.diagnose());
    expect(socket?.status).toBe("failed");
    expect(socket?.message).toMatch(/^This user may not use .*engine\.sock \(mode 0000, owner \d+:\d+\)\.$/);
    expect(socket?.fix).toBe(hostFixes().permission);
    expect(ping).toMatchObject({
      status: "failed",
      message: `This user has no permission to use Docker's socket at unix://${socketPath}.`,
    });
    expect((await failureOf(asOrdinaryUser(() => engine.info()))).code).toBe("ENGINE_PERMISSION");
  });

  test("a socket that nobody listens at any more", async () => {
    await listen(createSocketServer());
    const closed = server;
    server = undefined;
    const left = join(directory, "left.sock");
    await link(socketPath, left);
    await new Promise((resolve) => closed?.close(resolve));
    socketPath = left;
    const [socket] = await open().diagnose();
    expect(socket?.status).toBe("failed");
    expect(socket?.message).toMatch(/^Nothing listens at .*\(ECONNREFUSED\)\.$/);
  });

  test("a listener that never answers, within the deadline", { timeout: 15_000 }, async () => {
    await listen(createSocketServer());
    const begin = performance.now();
    const [socket, ping] = await open().diagnose();
    expect(performance.now() - begin).toBeLessThan(6_000);
    expect(socket?.status).toBe("ok");
    expect(ping).toMatchObject({
      status: "failed",
      message: `Docker at unix://${socketPath} did not answer within 3000 ms.`,
    });
  });

  test("a listener that speaks something else", async () => {
    await listen(createSocketServer((socket) => void socket.end("220 mail.example ESMTP\r\n")));
    const [, ping] = await open().diagnose();
    expect(ping?.status).toBe("failed");
    expect(ping?.message).toContain("is not a Docker engine");
  });

  test("an engine that is too old", async () => {
    await listen(
      createServer((request, response) => {
        response.end(request.url === "/version" ? '{"Version":"19.03.5","ApiVersion":"1.40"}' : "OK");
      }),
    );
    const findings = await open().diagnose();
    expect(states(findings)).toEqual(["engine.socket ok", "engine.ping ok", "engine.api_version failed"]);
    expect(findings[2]?.message).toContain("API 1.40 (at least 1.41 is needed)");
  });
});

describe("an engine that can be used", () => {
  test("a socket that everybody may use is a warning", async () => {
    await listen(createSocketServer((socket) => socket.destroy()));
    await chmod(socketPath, 0o666);
    const [socket] = await open().diagnose();
    expect(socket?.status).toBe("warning");
    expect(socket?.message).toContain("mode 0666");
    expect(socket?.fix).toContain(`chmod 0660 ${socketPath}`);
  });

  test("an unencrypted port of another machine is a warning", async () => {
    const labels = createUnitLabels("diagnose", Buffer.alloc(32));
    const giveUp = AbortSignal.timeout(50);
    for (const [host, status] of [
      ["192.0.2.1", "warning"],
      ["127.0.0.1", "ok"],
    ] as const) {
      const engine = createDockerEngine({ endpoint: { host, port: 1 }, labels, logger: silentLogger });
      expect((await engine.diagnose(giveUp))[0]).toMatchObject({ check: "engine.socket", status });
    }
  });
});

describe("what the engine tells about its machine", () => {
  const seccomp = { SecurityOptions: ["name=seccomp,profile=default"] };

  test("nothing to complain about", () => {
    const info = { ...INFO, ...seccomp, CgroupVersion: "2", CgroupDriver: "systemd" };
    expect(states(describeHost(info))).toEqual([
      "engine.storage ok",
      "engine.cgroups ok",
      "engine.runtimes ok",
      "engine.security ok",
      "engine.rootless ok",
    ]);
    expect(engineWarnings(info)).toEqual([]);
  });

  test.each([
    ["limits that are missing", { MemoryLimit: false, PidsLimit: false }, "engine.cgroups failed", "memory, pids"],
    ["no control groups at all", { CgroupDriver: "none" }, "engine.cgroups failed", "memory, cpu, pids"],
    ["swap that is not limited", { SwapLimit: false }, "engine.cgroups warning", "swap"],
    ["system calls that are not filtered", { SecurityOptions: [] }, "engine.security warning", "seccomp"],
    ["storage by copying", { Driver: "vfs" }, "engine.storage warning", "vfs"],
  ])("%s", (...[, wish, state, word]) => {
    const info = { ...INFO, ...seccomp, ...wish };
    const found = describeHost(info);
    expect(states(found)).toContain(state);
    expect(found.find(({ check }) => state.startsWith(check))?.message).toContain(word);
    expect(engineWarnings(info)).toHaveLength(1);
  });

  test("rootless is told", () => {
    const info = { ...INFO, SecurityOptions: ["name=seccomp", "name=rootless"] };
    expect(describeHost(info).find(({ check }) => check === "engine.rootless")?.message).toContain("rootless");
  });
});
