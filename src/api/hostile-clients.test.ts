import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RecordingParts } from "../contracts/testing/recording-platform.ts";
import type { HttpLimits } from "./http-server.ts";
import { serveOnAddress } from "./serve-on-address.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

async function start(limits: Partial<HttpLimits> = {}, parts: RecordingParts = {}) {
  const fixture = createApiFixture(parts);
  const { app, logger } = fixture;
  const server = await serveOnAddress({ app, logger, limits, address: { host: "127.0.0.1", port: 0 } });
  const port = Number(new URL(server.url).port);
  return {
    ...{ ...fixture, server },
    open: (): Socket => connect(port, "127.0.0.1").on("error", () => undefined),
    /** Whether the server still answers. */
    well: async (): Promise<boolean> => (await fetch(`${server.url}/healthz`)).ok,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

type Told = {
  readonly status: number;
  readonly head: string;
  readonly error: { readonly code?: string; readonly message?: string; readonly hint?: string };
};

/** The one answer of a connection that then ends. */
async function answerOn(socket: Socket): Promise<Told> {
  const all = await text(socket);
  const [head = "", body = ""] = all.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  const parsed = JSON.parse(body === "" ? "{}" : body) as { error?: Told["error"] };
  return { status, head, error: parsed.error ?? {} };
}

const HOST = "Host: 127.0.0.1\r\n";
const LAST = `${HOST}Connection: close\r\n`;

describe("a head that is refused", () => {
  test.each<[string, string, number, string]>([
    [
      "without a host",
      "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
      400,
      "host: expected the header, got none.",
    ],
    [
      "with two hosts",
      `GET /healthz HTTP/1.1\r\n${LAST}Host: evil.example\r\n\r\n`,
      400,
      "host: expected once, got it several times.",
    ],
    [
      "with a host that is none",
      "GET /healthz HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n",
      400,
      'host: expected a name or an address, got "a b/c".',
    ],
    [
      "with an address in another spelling",
      "GET /healthz HTTP/1.1\r\nHost: 0x7f.1\r\nConnection: close\r\n\r\n",
      400,
      'host: expected a name or an address, got "0x7f.1".',
    ],
    [
      "with two keys",
      `GET /v1/sandboxes HTTP/1.1\r\n${LAST}Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n`,
      400,
      "authorization: expected once, got it several times.",
    ],
    [
      "with two content types",
      `POST /v1/sandboxes HTTP/1.1\r\n${LAST}Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
      400,
      "content-type: expected once, got it several times.",
    ],
    [
      "with two idempotency keys",
      `POST /v1/sandboxes HTTP/1.1\r\n${LAST}Idempotency-Key: a\r\nIdempotency-Key: a\r\nContent-Length: 0\r\n\r\n`,
      400,
      "idempotency-key: expected once, got it several times.",
    ],
    [
      "with a hundred and one headers",
      `GET /healthz HTTP/1.1\r\n${LAST}${Array.from({ length: 99 }, (_, n) => `X-${n}: 1\r\n`).join("")}\r\n`,
      431,
      "The request's headers: expected at most 100, got 101.",
    ],
    [
      "with thousands of headers",
      `GET /healthz HTTP/1.1\r\n${LAST}${"a: 1\r\n".repeat(5000)}\r\n`,
      431,
      "The request's headers: expected at most 100, got 5002.",
    ],
    [
      "that is too long",
      `GET /healthz HTTP/1.1\r\n${LAST}X: ${"x".repeat(70_000)}\r\n\r\n`,
      431,
      "The request's path and headers: expected at most 65536 bytes, got more.",
    ],
    [
      "with a target of another host",
      `GET http://evil.example/healthz HTTP/1.1\r\n${LAST}\r\n`,
      400,
      'The request\'s target: expected the host of its header, got "http://evil.example/healthz".',
    ],
    [
      "with a target that is no path",
      `OPTIONS * HTTP/1.1\r\n${LAST}\r\n`,
      400,
      'The request\'s target: expected a path, got "*".',
    ],
    [
      "with a backslash in its path",
      `GET /v1\\sandboxes HTTP/1.1\r\n${LAST}\r\n`,
      400,
      'The request\'s target: expected no backslash, got "/v1\\\\sandboxes".',
    ],
    [
      "with an encoding of the body",
      `POST /v1/sandboxes HTTP/1.1\r\n${LAST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
      'transfer-encoding: expected chunked, got "gzip, chunked".',
    ],
  ])("%s", async (...[, request, status, message]) => {
    await using it = await start();
    const socket = it.open();
    socket.write(request);
    const told = await answerOn(socket);
    expect(told).toMatchObject({ status, error: { code: "INVALID_INPUT", message } });
    expect(told.error.hint).toMatch(/^\S.*\.$/);
    expect(told.head).toMatch(/\r\nconnection: close/i);
    expect(it.calls).toEqual([]);
    expect(await it.well()).toBe(true);
  });

  test.each([
    [
      "two lengths",
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    [
      "two lengths, the other way round",
      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /v1/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ["two content lengths", "Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}"],
    ["a length that is no number", "Content-Length: 2x\r\n\r\n{}"],
    ["a negative length", "Content-Length: -1\r\n\r\n{}"],
    ["an encoding that only looks like chunks", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["a header that goes on in the next line", "X: a\r\n b\r\nTransfer-Encoding\n: chunked\r\n\r\n{}"],
    ["a space before the colon", "Content-Length : 2\r\n\r\n{}"],
    ["a bare line feed", "X: a\nContent-Length: 2\r\n\r\n{}"],
  ])("with %s, by which a second request could be smuggled", async (_name, rest) => {
    await using it = await start();
    const socket = it.open();
    socket.write(`POST /v1/sandboxes HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${rest}`);
    const { status, error } = await answerOn(socket);
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: "INVALID_INPUT" });
    expect(it.calls).toEqual([]);
    expect(await it.well()).toBe(true);
  });
});

describe("what HTTP allows is taken", () => {
  test.each([
    ["HTTP/1.0, without a host", "GET /healthz HTTP/1.0\r\n\r\n"],
    ["the whole address of this host", `GET http://127.0.0.1/healthz HTTP/1.1\r\n${LAST}\r\n`],
    ["the host in capitals", "GET /healthz HTTP/1.1\r\nHOST: LocalHost:7070\r\nConnection: close\r\n\r\n"],
    ["a hundred headers", `GET /healthz HTTP/1.1\r\n${LAST}${"a: 1\r\n".repeat(98)}\r\n`],
  ])("%s", async (_name, request) => {
    await using it = await start();
    const socket = it.open();
    socket.write(request);
    expect((await answerOn(socket)).status).toBe(200);
  });
});

describe("paths and their ids", () => {
  test.each([
    ["/v1/sandboxes/%2e%2e%2fkeys", { id: "../keys" }],
    ["/v1/sandboxes/a%2Fb", { id: "a/b" }],
    ["/v1/sandboxes/a%00b", { id: "a\u0000b" }],
    ["/v1/sandboxes/%F0%9F%9A%A2", { id: "🚢" }],
  ])("%s is one value, as it was sent, for the operation to judge", async (path, input) => {
    await using it = await start();
    const socket = it.open();
    socket.write(`GET ${path} HTTP/1.1\r\n${LAST}\r\n`);
    const { status, error } = await answerOn(socket);
    expect(it.calls).toMatchObject([{ name: "sandbox.get", input }]);
    expect({ status, code: error.code }).toEqual({ status: 400, code: "INVALID_INPUT" });
  });

  test.each([
    ["/v1/sandboxes/../sandboxes", "sandbox.list"],
    ["/v1/%2e%2e/v1/sandboxes", "sandbox.list"],
    ["/v1/sandboxes/./web", "sandbox.get"],
  ])("%s is read as every client reads it", async (path, name) => {
    await using it = await start();
    const socket = it.open();
    socket.write(`GET ${path} HTTP/1.1\r\n${LAST}\r\n`);
    await answerOn(socket);
    expect(it.calls).toMatchObject([{ name }]);
  });

  test.each([
    "/v1/sandboxes/%zz",
    "/v1/sandboxes/%ff",
    `/v1/sandboxes/${"x".repeat(60_000)}`,
    "/v1//sandboxes",
    "//v1",
  ])("%.40s is refused, and breaks nothing", async (path) => {
    await using it = await start();
    const socket = it.open();
    socket.write(`GET ${path} HTTP/1.1\r\n${LAST}\r\n`);
    expect([400, 404]).toContain((await answerOn(socket)).status);
    expect(await it.well()).toBe(true);
  });
});

describe("a slow client", () => {
  const slow = { headMs: 100, bodyMs: 200 };

  test("whose head does not come is told so, and goes", async () => {
    await using it = await start(slow);
    const socket = it.open();
    socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
    const { status, error } = await answerOn(socket);
    expect(status).toBe(408);
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: "The request did not come in time.",
      hint: "Send the request again, all at once, over a connection that is fast enough.",
    });
  });

  test.each([
    ["a length", "Content-Length: 1000000\r\n\r\n{", " "],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "1\r\n \r\n"],
  ])("whose body of %s comes in drops is told so, and goes", async (_name, first, drop) => {
    await using it = await start(slow);
    const socket = it.open();
    socket.write(`POST /v1/sandboxes HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${first}`);
    const dripping = setInterval(() => socket.write(drop), 20);
    const { status, error } = await answerOn(socket).finally(() => clearInterval(dripping));
    expect(status).toBe(408);
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: "The request's body came too slowly, or not at all.",
    });
    expect(it.calls).toEqual([]);
    expect(await it.well()).toBe(true);
  });

  test("that sends an archive for long, but gets on, is heard to its end", async () => {
    const bodyMs = 1000;
    await using it = await start({ bodyMs });
    const socket = it.open();
    const [pieces, size] = [12, 2048];
    socket.write(
      `PUT /v1/sandboxes/a/content?path=a HTTP/1.1\r\n${LAST}Content-Type: application/octet-stream\r\nContent-Length: ${pieces * size}\r\n\r\n`,
    );
    const answered = text(socket);
    for (let piece = 0; piece < pieces; piece += 1) {
      socket.write("x".repeat(size));
      await delay(bodyMs / 8);
    }
    expect(await answered).toContain(`"sizeBytes":${pieces * size}`);
  });

  test("waits as long as it takes where the server is the slow one", async () => {
    const read = Promise.withResolvers<void>();
    const write = async (input: { readonly path: string }, content: AsyncIterable<Uint8Array>) => {
      await read.promise;
      let sizeBytes = 0;
      for await (const chunk of content) sizeBytes += chunk.length;
      return { path: input.path, sizeBytes };
    };
    await using it = await start(slow, { raw: { write } });
    const socket = it.open();
    const size = 8 * 1024 * 1024;
    socket.write(
      `PUT /v1/sandboxes/a/content?path=a HTTP/1.1\r\n${LAST}Content-Type: application/octet-stream\r\nContent-Length: ${size}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(size));
    const answered = text(socket);
    await delay(slow.bodyMs * 4);
    read.resolve();
    expect(await answered).toContain(`"sizeBytes":${size}`);
  });
});

describe("many clients", () => {
  test("beyond the most are closed as they come, and the next gets in when one has left", async () => {
    await using it = await start({ connections: 2 });
    const [one, two] = [it.open(), it.open()];
    await Promise.all([once(one, "connect"), once(two, "connect")]);
    const third = it.open();
    expect(await text(third)).toBe("");
    expect((await it.logged("a connection was closed: too many are open")).fields).toMatchObject({ connections: 2 });
    one.write(`GET /healthz HTTP/1.1\r\n${LAST}\r\n`);
    expect((await answerOn(one)).status).toBe(200);
    two.destroy();
    await expect.poll(() => it.well().catch(() => false)).toBe(true);
  });

  test("of one connection so many requests are answered, and the last says that it goes", async () => {
    await using it = await start({ requestsPerConnection: 3 });
    const socket = it.open();
    socket.write(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`.repeat(3));
    const answers = (await text(socket)).split("HTTP/1.1 ").slice(1);
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(["200", "200", "200"]);
    expect(answers.map((answer) => /\r\nconnection: close\r\n/i.test(answer))).toEqual([false, false, true]);
  });
});
