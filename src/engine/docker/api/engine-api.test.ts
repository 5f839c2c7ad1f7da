import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSocketServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { memoryInUse } from "../../../../test/fixtures/memory-in-use.ts";
import { failureOf } from "../docker-fixture.ts";
import { createEngineApi, type EngineApi } from "./engine-api.ts";
import { hostFixes } from "./host-fixes.ts";

const VERSION = { Version: "20.10.24", ApiVersion: "1.41", MinAPIVersion: "1.12" };
const Anything = z.unknown();

let directory: string;
let socketPath: string;
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-api-"));
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
  listening.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => void listening.listen(socketPath, resolve));
}

/** A listener that answers as an engine does; the paths that it was asked for. */
async function engine(answer: RequestListener, version: object = VERSION): Promise<string[]> {
  const asked: string[] = [];
  await listen(
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === "/version") response.end(JSON.stringify(version));
      else answer(request, response);
    }),
  );
  return asked;
}

function api(programDirectories: readonly string[] = []): EngineApi {
  return createEngineApi({ endpoint: { socketPath }, programDirectories });
}

const get = { method: "GET", path: "/containers/json" } as const;

describe("the version of the API", () => {
  test.each([
    ["an engine of the oldest kind that is supported", VERSION, "1.41"],
    ["a newer engine that still knows it", { ...VERSION, ApiVersion: "1.51", MinAPIVersion: "1.24" }, "1.41"],
    ["an engine that has given it up", { ...VERSION, ApiVersion: "1.52", MinAPIVersion: "1.44" }, "1.44"],
  ])("%s", async (_, version, expected) => {
    const asked = await engine((__, response) => response.end("[]"), version);
    const client = api();
    await client.json(get, Anything);
    await client.json({ ...get, query: { all: "1", none: undefined } }, Anything);
    expect(asked).toEqual([
      "GET /version",
      `GET /v${expected}/containers/json`,
      `GET /v${expected}/containers/json?all=1`,
    ]);
  });

  test("an engine that is too old is ENGINE_UNSUPPORTED, naming 20.10", async () => {
    await engine((_, response) => response.end("[]"), {
      Version: "19.03.1",
      ApiVersion: "1.40",
      MinAPIVersion: "1.12",
    });
    const { code, message, hint } = await failureOf(api().json(get, Anything));
    expect(code).toBe("ENGINE_UNSUPPORTED");
    expect(message).toContain("19.03.1");
    expect(message).toContain("20.10");
    expect(hint).toContain("20.10");
  });
});

describe("what cannot be reached", () => {
  test("a missing socket without Docker's programs is ENGINE_NOT_INSTALLED", async () => {
    const { code, message, hint } = await failureOf(api([directory]).json(get, Anything));
    expect(code).toBe("ENGINE_NOT_INSTALLED");
    expect(message).toContain(`unix://${socketPath}`);
    expect(hint).toBe(hostFixes().install);
  });

  test("a missing socket with them is ENGINE_UNREACHABLE, and the fix is to start it, or to name another", async () => {
    await writeFile(join(directory, "dockerd"), "");
    const { code, message, hint } = await failureOf(api([directory]).json(get, Anything));
    expect(code).toBe("ENGINE_UNREACHABLE");
    expect(message).toContain(`unix://${socketPath}`);
    expect(hint).toBe(`${hostFixes().start} Or check DOCKER_HOST or the context that names that place.`);
  });

  test("a port where nobody listens is ENGINE_UNREACHABLE", async () => {
    const client = createEngineApi({ endpoint: { host: "127.0.0.1", port: 1 }, programDirectories: [] });
    const { code, message } = await failureOf(client.json(get, Anything));
    expect({ code, message }).toEqual({
      code: "ENGINE_UNREACHABLE",
      message: "Docker does not answer at tcp://127.0.0.1:1 (ECONNREFUSED).",
    });
  });

  test("a listener that hangs up is ENGINE_UNREACHABLE", async () => {
    await listen(createSocketServer((socket) => socket.destroy()));
    expect((await failureOf(api().json(get, Anything))).code).toBe("ENGINE_UNREACHABLE");
  });

  test("a listener that never answers is ENGINE_TIMEOUT after the deadline", async () => {
    await listen(createSocketServer());
    const begin = performance.now();
    const { code, details } = await failureOf(api().send({ ...get, unversioned: true, timeoutMs: 200 }));
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect({ code, details }).toEqual({ code: "ENGINE_TIMEOUT", details: { timeoutMs: 200 } });
  });

  test("an answer that stops in the middle is ENGINE_TIMEOUT too", async () => {
    await engine((_, response) => void response.write('{"half":'));
    expect((await failureOf(api().json({ ...get, timeoutMs: 200 }, Anything))).code).toBe("ENGINE_TIMEOUT");
  });

  test("a caller that gives up is CANCELED", async () => {
    const asked = await engine(() => undefined);
    const giveUp = new AbortController();
    const answer = failureOf(api().json({ ...get, signal: giveUp.signal }, Anything));
    await expect.poll(() => asked.length).toBe(2);
    giveUp.abort();
    expect((await answer).code).toBe("CANCELED");
  });

  test.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["another kind of server", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"],
  ])("%s is ENGINE_FAILED", async (_, text) => {
    await listen(createSocketServer((socket) => void socket.end(text)));
    const { code, message } = await failureOf(api().json(get, Anything));
    expect(code).toBe("ENGINE_FAILED");
    expect(message).toContain(socketPath);
  });
});

describe("what an engine refuses", () => {
  test.each([
    [404, "No such image: x:1", "IMAGE_NOT_FOUND"],
    [404, "No such container: x", "NOT_FOUND"],
    [404, "Could not find the file /x in container y", "FILE_NOT_FOUND"],
    [409, "Container x is not running", "SANDBOX_NOT_RUNNING"],
    [409, "Container x is paused, unpause the container before exec", "SANDBOX_NOT_RUNNING"],
    [409, 'Conflict. The container name "/x" is already in use', "CONFLICT"],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /x y', "WORKSPACE_NOT_FOUND"],
    [400, "client version 1.41 is too new. Maximum supported API version is 1.40", "ENGINE_UNSUPPORTED"],
    [400, 'OCI runtime create failed: exec: "/bin/sh": no such file', "START_FAILED"],
    [500, "unable to find user nobody2: no matching entries in passwd file", "START_FAILED"],
    [500, "no space left on device", "DISK_FULL"],
    [418, "short and stout", "ENGINE_FAILED"],
  ])("%i %s is %s", async (status, message, code) => {
    await engine((_, response) => response.writeHead(status).end(JSON.stringify({ message })));
    expect((await failureOf(api().json(get, Anything))).code).toBe(code);
  });

  test("Docker's own words are kept, and so are a proxy's", async () => {
    await engine((_, response) => response.writeHead(502).end("bad gateway\n"));
    const { message, cause } = await failureOf(api().send(get));
    expect(message).toBe("The engine failed: bad gateway");
    expect(cause).toMatchObject({ status: 502, words: "bad gateway" });
  });

  test("a connection that is not handed over is an error", async () => {
    await engine((_, response) => response.writeHead(409).end('{"message":"Container x is not running"}'));
    const hijack = api().hijack({ method: "POST", path: "/exec/x/start", json: {} });
    expect((await failureOf(hijack)).code).toBe("SANDBOX_NOT_RUNNING");
  });
});

describe("what is sent", () => {
  test("a body that its source breaks off is that source's error", async () => {
    await engine((request, response) => request.resume().on("end", () => response.end()));
    const tar = (async function* () {
      yield await Promise.resolve(Buffer.alloc(100));
      throw await failureOf(() => api().send({ ...get, signal: AbortSignal.abort() }));
    })();
    expect((await failureOf(api().send({ method: "PUT", path: "/x", tar }))).code).toBe("CANCELED");
  });

  test("a source that is stuck does not outlast the deadline", async () => {
    await engine((request) => request.resume());
    const tar = (async function* () {
      yield Buffer.alloc(100);
      await new Promise(() => undefined);
    })();
    const { code } = await failureOf(api().send({ method: "PUT", path: "/x", tar, timeoutMs: 300 }));
    expect(code).toBe("ENGINE_TIMEOUT");
  });

  test("a refusal in the middle of a large body is the refusal", async () => {
    await engine((request, response) => {
      request.once("data", () => response.writeHead(404).end('{"message":"No such container: x"}'));
    });
    let stopped = false;
    const tar = (async function* () {
      try {
        for (let piece = 0; piece < 10_000; piece += 1) yield await Promise.resolve(Buffer.alloc(65_536));
      } finally {
        stopped = true;
      }
    })();
    expect((await failureOf(api().send({ method: "PUT", path: "/x", tar }))).code).toBe("NOT_FOUND");
    await expect.poll(() => stopped).toBe(true);
  });

  test("a body of any size costs no memory once it is sent", async () => {
    const MIB = 1024 * 1024;
    await engine((request, response) => void request.resume().on("end", () => response.end()));
    const sent = Promise.withResolvers<void>();
    const more = Promise.withResolvers<void>();
    const tar = (async function* () {
      for (let piece = 0; piece < 300; piece += 1) yield Buffer.alloc(MIB);
      sent.resolve();
      await more.promise;
    })();
    const before = memoryInUse().buffers;
    const sending = api().send({ method: "PUT", path: "/x", tar, timeoutMs: 600_000 });
    try {
      await sent.promise;
      await expect.poll(() => memoryInUse().buffers - before, { timeout: 20_000 }).toBeLessThan(20 * MIB);
    } finally {
      more.resolve();
      await sending;
    }
  }, 60_000);

  test("odd characters in paths and queries arrive as they are", async () => {
    const asked = await engine((_, response) => response.end("{}"));
    await api().send({ method: "GET", path: "/images/host:5000/a@sha256:b/json", query: { path: "/a b\n&?#é" } });
    expect(asked[1]).toBe("GET /v1.41/images/host:5000/a@sha256:b/json?path=%2Fa+b%0A%26%3F%23%C3%A9");
  });
});
