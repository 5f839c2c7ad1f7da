import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { Client, type VersionNegotiationMode } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { expect, test } from "vitest";
import { canceled } from "../base/deadline.ts";
import { silentLogger } from "../base/logger.ts";
import { createRecordingPlatform, type RecordingParts } from "../contracts/testing/recording-platform.ts";
import { serveMcpOnStdio } from "./serve-on-stdio.ts";

function start(parts: RecordingParts = {}) {
  const { platform } = createRecordingPlatform(parts);
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stop = new AbortController();
  const served = serveMcpOnStdio({
    platform,
    version: "1.2.3",
    logger: silentLogger,
    stdin,
    stdout,
    signal: stop.signal,
  });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const send = (message: object): void => {
    stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  };
  const receive = async (): Promise<unknown> => {
    const { value } = await lines.next();
    return typeof value === "string" ? JSON.parse(value) : undefined;
  };
  const initialize = async (): Promise<unknown> => {
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } };
    send({ id: 0, method: "initialize", params });
    const answer = await receive();
    send({ method: "notifications/initialized" });
    return answer;
  };
  return { stdin, stdout, stop, served, send, receive, initialize };
}

test("answers one line for a line, until stdin ends", async () => {
  const { stdin, served, send, receive, initialize } = start({
    answers: { "sandbox.list": () => ({ items: [], nextCursor: null }) },
  });
  expect(await initialize()).toMatchObject({ result: { serverInfo: { name: "moorage", version: "1.2.3" } } });
  send({ id: 1, method: "tools/call", params: { name: "sandbox_list", arguments: {} } });
  expect(await receive()).toMatchObject({ id: 1, result: { structuredContent: { items: [], nextCursor: null } } });
  stdin.end();
  await served;
});

test("ends with its signal, and ends what is open", async () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  const { stop, served, send, initialize } = start({
    answers: {
      "sandbox.get": async (_input, { signal }) => {
        begun.resolve();
        await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
        ended.resolve(true);
        throw canceled(signal?.reason);
      },
    },
  });
  await initialize();
  send({ id: 1, method: "tools/call", params: { name: "sandbox_get", arguments: { id: "a" } } });
  await begun.promise;
  stop.abort();
  await served;
  expect(await ended.promise).toBe(true);
});

const ERAS: readonly VersionNegotiationMode[] = ["legacy", "auto", { pin: "2026-07-28" }];

test.each(ERAS)("serves the official client, which negotiates by %j", async (mode) => {
  const { platform } = createRecordingPlatform({
    answers: { "sandbox.list": () => ({ items: [], nextCursor: null }) },
  });
  const [up, down] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const served = serveMcpOnStdio({ platform, version: "1.2.3", logger: silentLogger, stdin: up, stdout: down, signal });
  const client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode } });
  // The transport is a pair of streams, the same for either side.
  await client.connect(new StdioServerTransport(down, up));
  expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  const answer = await client.callTool({ name: "sandbox_list" });
  expect(answer.structuredContent).toEqual({ items: [], nextCursor: null });
  await client.close();
  up.end();
  await served;
});

test("goes on after a line that is no message", async () => {
  const { stdin, served, send, receive, initialize } = start({
    answers: { "sandbox.list": () => ({ items: [], nextCursor: null }) },
  });
  await initialize();
  stdin.write("nonsense\n");
  send({ id: 2, method: "tools/call", params: { name: "sandbox_list" } });
  expect(await receive()).toMatchObject({ id: 2, result: {} });
  stdin.end();
  await served;
});

test("ends when a message is longer than any that makes sense", async () => {
  const { stdin, served, initialize } = start();
  await initialize();
  const chunk = "x".repeat(1024 * 1024);
  for (let sent = 0; sent < 33; sent += 1) stdin.write(chunk);
  await expect(served).resolves.toBeUndefined();
});

test("ends when stdout breaks, and when it was stopped before it began", async () => {
  const broken = start();
  await broken.initialize();
  broken.stdout.destroy(new Error("EPIPE"));
  await expect(broken.served).resolves.toBeUndefined();
  const { platform } = createRecordingPlatform();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), signal: AbortSignal.abort() };
  const never = serveMcpOnStdio({ platform, version: "1.2.3", logger: silentLogger, ...streams });
  await expect(never).resolves.toBeUndefined();
});
