import { once } from "node:events";
import { link, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Agent, fetch, type Response } from "undici";
import { canceled } from "../base/deadline.ts";
import type { RecordingParts } from "../contracts/testing/recording-platform.ts";
import { serveOnSocket } from "./serve-on-socket.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

let directory = "";
let path = "";
let agents: Agent[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-api-"));
  path = join(directory, "moorage.sock");
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  agents = [];
  await rm(directory, { recursive: true });
});

function client() {
  const agent = new Agent({ connect: { socketPath: path } });
  agents.push(agent);
  return (target: string, init: Parameters<typeof fetch>[1] = {}): Promise<Response> =>
    fetch(`http://moorage.localhost${target}`, { ...init, dispatcher: agent });
}

async function start(parts: RecordingParts = {}, drainMs?: number) {
  const fixture = createApiFixture(parts);
  const server = await serveOnSocket({
    app: fixture.app,
    path,
    logger: fixture.logger,
    ...(drainMs === undefined ? {} : { drainMs }),
  });
  return { ...fixture, server };
}

const exec = { method: "POST", headers: { "content-type": "application/json" }, body: '{"command":["a"]}' };

describe("the socket", () => {
  test("belongs to its user alone, and goes with the server", async () => {
    const { server } = await start();
    expect(server.path).toBe(path);
    const { mode } = await stat(path);
    expect((mode & 0o777).toString(8)).toBe("600");
    expect((await client()("/healthz")).status).toBe(200);
    expect(await readdir(directory)).toEqual(["moorage.sock"]);
    await server[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });

  test("is ready before it has its name: whoever sees it can connect", async () => {
    const starting = start();
    let seen = false;
    while (!seen) {
      await new Promise(setImmediate);
      seen = (await readdir(directory)).includes("moorage.sock");
    }
    const { mode } = await stat(path);
    expect((mode & 0o777).toString(8)).toBe("600");
    expect((await client()("/healthz")).status).toBe(200);
    await (await starting).server[Symbol.asyncDispose]();
  });

  test("of a live server is refused to a second one, which leaves it alone", async () => {
    const { server } = await start();
    await expect(start()).rejects.toMatchObject({
      code: "CONFLICT",
      message: `A Moorage server is already listening at ${path}.`,
    });
    expect((await client()("/healthz")).status).toBe(200);
    expect(await readdir(directory)).toEqual(["moorage.sock"]);
    await server[Symbol.asyncDispose]();
  });

  test("of a dead server is replaced", async () => {
    await leaveDeadSocket();
    const { server } = await start();
    expect((await client()("/healthz")).status).toBe(200);
    expect(await readdir(directory)).toEqual(["moorage.sock"]);
    await server[Symbol.asyncDispose]();
  });

  test("goes to exactly one of many servers that start at once", async () => {
    await leaveDeadSocket();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => start()));
    const started = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(started).toHaveLength(1);
    for (const error of refused) expect(error).toMatchObject({ code: "CONFLICT" });
    expect((await client()("/healthz")).status).toBe(200);
    await started[0]?.server[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });

  test.each(["a file", "a link"])("that is %s is left alone", async (kind) => {
    if (kind === "a file") await writeFile(path, "precious");
    else await symlink("/nowhere", path);
    await expect(start()).rejects.toMatchObject({ code: "CONFLICT", message: `${path} is there and is no socket.` });
    expect(await readdir(directory)).toEqual(["moorage.sock"]);
  });

  test("with too long a path, or in a directory that is not there, is refused", async () => {
    path = join(directory, "x".repeat(120));
    await expect(start()).rejects.toThrow("expected at most 107 bytes");
    path = join(directory, "missing", "moorage.sock");
    await expect(start()).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
  });
});

describe("over the socket", () => {
  test("a client that leaves in the middle of a stream ends the operation", async () => {
    const ended = Promise.withResolvers<boolean>();
    const { server, logged } = await start({
      answers: {
        "sandbox.exec": async function* (_input, { signal }) {
          yield { type: "progress", message: "waiting" };
          await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
          ended.resolve(signal?.aborted ?? false);
          throw canceled(signal?.reason);
        },
      },
    });
    const response = await client()("/v1/sandboxes/a/exec", exec);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await ended.promise).toBe(true);
    expect((await logged("request")).fields).toMatchObject({ code: "CANCELED" });
    await server[Symbol.asyncDispose]();
  });

  test("a client that leaves while it waits for an answer ends the operation", async () => {
    const ended = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    const { server } = await start({
      answers: {
        "sandbox.get": async (_input, { signal }) => {
          begun.resolve();
          await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
          ended.resolve(signal?.aborted ?? false);
          throw canceled(signal?.reason);
        },
      },
    });
    const caller = new AbortController();
    const answer = client()("/v1/sandboxes/a", { signal: caller.signal });
    await begun.promise;
    caller.abort();
    await expect(answer).rejects.toThrow("abort");
    expect(await ended.promise).toBe(true);
    await server[Symbol.asyncDispose]();
  });

  test("a reader that stops reading stops the operation's events, not the server", async () => {
    let made = 0;
    const { server } = await start({
      answers: {
        "sandbox.exec": async function* () {
          for (; made < 4096; made += 1) yield { type: "stdout", data: "x".repeat(65_536), encoding: "utf8" };
        },
      },
    });
    const socket = connect(path);
    const body = exec.body;
    socket.write(
      `POST /v1/sandboxes/a/exec HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, "readable");
    await settled(() => made);
    expect(made).toBeLessThan(200);
    expect((await client()("/healthz")).status).toBe(200);
    socket.destroy();
    await server[Symbol.asyncDispose]();
  });

  test("a download that fails in the middle does not look complete", async () => {
    const read = Promise.withResolvers<void>();
    const { server, logged } = await start({
      raw: {
        download: async function* () {
          yield new Uint8Array(1024);
          await read.promise;
          throw new Error("The engine went away.");
        },
      },
    });
    const response = await client()("/v1/sandboxes/a/archive?path=x");
    expect(response.status).toBe(200);
    const reader = response.body?.getReader();
    await reader?.read();
    read.resolve();
    await expect(reader?.read()).rejects.toThrow("terminated");
    expect((await logged("request")).fields).toMatchObject({ code: "INTERNAL" });
    await server[Symbol.asyncDispose]();
  });

  test("an upload that is refused at once is answered while it is sent", async () => {
    const { server } = await start({
      raw: {
        upload: () => Promise.reject(new Error("No.")),
      },
    });
    const body = new Blob([new Uint8Array(8 * 1024 * 1024)]).stream();
    const headers = { "content-type": "application/x-tar" };
    const response = await client()("/v1/sandboxes/a/archive?path=x", { method: "PUT", headers, body, duplex: "half" });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: "INTERNAL" } });
    await server[Symbol.asyncDispose]();
  });

  test("a body over the cap is refused without being taken", async () => {
    const { server } = await start();
    const body = new Blob(["x".repeat(40 * 1024 * 1024)]).stream();
    const headers = { "content-type": "application/json" };
    const response = await client()("/v1/sandboxes", { method: "POST", headers, body, duplex: "half" });
    expect(response.status).toBe(413);
    await server[Symbol.asyncDispose]();
  });

  test.each([
    [
      "garbage",
      "\u0000\u0001 nonsense\r\n\r\n",
      "400 Bad Request",
      "The request: expected HTTP/1.1, got something else (HPE_INVALID_METHOD).",
      "Use an HTTP client; what it sends has to have one length, by content-length or in chunks.",
    ],
    [
      "a head that is too long",
      `GET /v1/sandboxes/${"x".repeat(70_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      "431 Request Header Fields Too Large",
      "The request's path and headers: expected at most 65536 bytes, got more.",
      "Shorten the values in the address; ids have 20 characters, paths at most 4096 bytes.",
    ],
  ])("%s is refused in our own form, and does not hurt the server", async (...[, request, status, message, hint]) => {
    const { server, logged } = await start();
    const socket = connect(path);
    socket.write(request);
    const answer = await text(socket);
    expect(answer.slice(0, answer.indexOf("\r\n"))).toBe(`HTTP/1.1 ${status}`);
    const { error } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as { error: { requestId: string } };
    expect(error).toMatchObject({ code: "INVALID_INPUT", message, hint, retry: false });
    expect((await logged("a malformed request was refused")).fields).toMatchObject({ requestId: error.requestId });
    expect((await client()("/healthz")).status).toBe(200);
    await server[Symbol.asyncDispose]();
  });

  test("the longest path of a file, each of its bytes percent-encoded, is taken", async () => {
    const { server } = await start();
    const target = `/v1/sandboxes/a/archive?path=${encodeURIComponent("漢".repeat(4096))}`;
    expect((await client()(target)).status).toBe(200);
    await server[Symbol.asyncDispose]();
  });
});

describe("a stop", () => {
  const slow = () => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const answers = {
      "sandbox.get": async (_input: unknown, { signal }: { signal?: AbortSignal }) => {
        begun.resolve();
        signal?.addEventListener("abort", () => go.resolve(), { once: true });
        await go.promise;
        return { id: "done" };
      },
    };
    return { begun: begun.promise, go: () => go.resolve(), answers };
  };

  test("lets open requests end, and takes no new ones", async () => {
    const { begun, go, answers } = slow();
    const { server } = await start({ answers });
    const answer = client()("/v1/sandboxes/a");
    await begun;
    const stopping = server[Symbol.asyncDispose]();
    await expect.poll(() => readdir(directory)).toEqual([]);
    await expect(client()("/healthz")).rejects.toThrow("fetch failed");
    go();
    expect(await (await answer).json()).toEqual({ id: "done" });
    const startedAt = performance.now();
    await stopping;
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test("breaks what is open after its deadline", async () => {
    const { begun, answers } = slow();
    const { server } = await start({ answers }, 50);
    const answer = client()("/v1/sandboxes/a");
    const outcome = answer.then(
      () => "answered",
      () => "broken",
    );
    await begun;
    await server[Symbol.asyncDispose]();
    expect(await outcome).toBe("broken");
  });

  test("leaves the name to a server that has taken it since", async () => {
    const first = await start();
    await rm(path);
    const second = await start();
    await first.server[Symbol.asyncDispose]();
    expect((await client()("/healthz")).status).toBe(200);
    await second.server[Symbol.asyncDispose]();
  });
});

/** A socket file whose server is gone, as SIGKILL leaves it. */
async function leaveDeadSocket(): Promise<void> {
  const server = createServer();
  const made = join(directory, "dead");
  await once(server.listen(made), "listening");
  await link(made, path);
  server.close();
  await once(server, "close");
}

/** Waits until a count has stopped growing. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 20;) {
    await new Promise(setImmediate);
    same = count() === last ? same + 1 : 0;
    last = count();
  }
}
