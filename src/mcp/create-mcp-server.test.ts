import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, test } from "vitest";
import { ERROR_CODES } from "../base/error-codes.ts";
import { canceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";
import { silentLogger, type Logger } from "../base/logger.ts";
import { listOperations } from "../contracts/platform.ts";
import { asFields } from "../contracts/testing/as-fields.ts";
import { createRecordingPlatform, type RecordingParts } from "../contracts/testing/recording-platform.ts";
import { MAX_OUTPUT_CHARACTERS } from "./bounded-result.ts";
import { createMcpServer } from "./create-mcp-server.ts";
import { listTools } from "./tools.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function connect(parts: RecordingParts = {}, logger: Logger = silentLogger) {
  const { platform, calls } = createRecordingPlatform(parts);
  const server = createMcpServer({ platform, version: "1.2.3", logger });
  const client = new Client({ name: "test", version: "0" });
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(mine)]);
  closing.push(() => client.close());
  return { client, calls };
}

const sandbox = {
  id: "k3v9x2m7q1w8e5r4t6y0",
  name: null,
  conversationId: null,
  owner: "local",
  state: "running",
  reason: null,
  image: "busybox",
  imageDigest: null,
  profile: "sandbox",
  limits: { memoryBytes: 1, cpus: 1, pids: 1, diskBytes: 1, timeoutMs: null },
  network: "none",
  engine: "memory",
  isolation: "none",
  workspace: "/workspace",
  createdAt: "2026-01-01T00:00:00.000Z",
  lastActiveAt: "2026-01-01T00:00:00.000Z",
};

const result = {
  runId: "k3v9x2m7q1w8e5r4t6y1",
  sandboxId: sandbox.id,
  status: "succeeded",
  exitCode: 0,
  stdout: "42\n",
  stderr: "",
  stdoutBytes: 3,
  stderrBytes: 0,
  truncated: false,
  timedOut: false,
  oomKilled: false,
  signal: null,
  startedAt: sandbox.createdAt,
  durationMs: 12,
  engine: "memory",
  isolation: "none",
  imageDigest: null,
  profile: "job",
  limits: sandbox.limits,
  network: "none",
  peakMemoryBytes: null,
  receiptId: null,
  warnings: [],
};

describe("tools", () => {
  test("are the operations that the table offers, with their summaries and hints", async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    const offered = listOperations().filter(({ operation }) => operation.mcp !== undefined);
    expect(tools.map(({ name }) => name)).toEqual(offered.map(({ name }) => name.replace(".", "_")));
    for (const [index, { operation }] of offered.entries()) {
      expect(tools[index]).toMatchObject({
        description: operation.summary,
        annotations: { readOnlyHint: operation.mcp?.readOnly, destructiveHint: operation.mcp?.destructive },
      });
    }
  });

  test("show schemas of one piece, with an object at the root", async () => {
    const { client } = await connect();
    for (const tool of (await client.listTools()).tools) {
      expect(tool.inputSchema, tool.name).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.outputSchema, tool.name).toMatchObject({ type: "object" });
      expect(JSON.stringify([tool.inputSchema, tool.outputSchema]), tool.name).not.toMatch(/\$ref|\$defs|"\$schema"/);
    }
  });

  test("that the instructions name are there", async () => {
    const { client } = await connect();
    const names = listTools().map(({ name }) => name);
    const told = [...(client.getInstructions() ?? "").matchAll(/`(\w+_\w+)`/g)].map(([, name]) => name);
    expect(told.length).toBeGreaterThan(2);
    for (const name of told) expect(names).toContain(name);
  });
});

describe("a call of a unary operation", () => {
  test("answers with its object, structured and as text", async () => {
    const { client, calls } = await connect({ answers: { "sandbox.get": () => sandbox } });
    const answer = await client.callTool({ name: "sandbox_get", arguments: { id: "harbour" } });
    expect(answer.isError).toBeFalsy();
    expect(answer.structuredContent).toEqual(sandbox);
    expect(answer.content).toEqual([{ type: "text", text: JSON.stringify(sandbox) }]);
    expect(calls).toMatchObject([{ name: "sandbox.get", input: { id: "harbour" } }]);
  });

  test("without arguments has an empty input", async () => {
    const { client, calls } = await connect({ answers: { "sandbox.list": () => ({ items: [], nextCursor: null }) } });
    await client.callTool({ name: "sandbox_list" });
    expect(calls).toMatchObject([{ input: {} }]);
  });

  test("hands every input to the operation's own parse, whose error it answers with", async () => {
    const { client, calls } = await connect();
    const input = { id: 3, colour: "red" };
    const answer = await client.callTool({ name: "sandbox_get", arguments: input });
    expect(calls).toMatchObject([{ input }]);
    expect(answer).toMatchObject({ isError: true, structuredContent: { error: { code: "INVALID_INPUT" } } });
  });
});

describe("a call of a stream operation", () => {
  const events = [
    { type: "progress", message: "Pulling." },
    { type: "started", runId: result.runId },
    { type: "stdout", data: "42\n", encoding: "utf8" },
    { type: "warning", message: "Low disk." },
    { type: "result", result },
  ];

  test("answers with the result at its end", async () => {
    const { client } = await connect({ answers: { "job.run": () => events } });
    const answer = await client.callTool({ name: "job_run", arguments: { command: ["a"] } });
    expect(answer.structuredContent).toEqual(result);
  });

  test("tells progress to a client that asks for it", async () => {
    const { client } = await connect({ answers: { "job.run": () => events } });
    const told: unknown[] = [];
    await client.callTool(
      { name: "job_run", arguments: { command: ["a"] } },
      { onprogress: (progress) => told.push(progress) },
    );
    expect(told).toEqual([
      { progress: 1, message: "Pulling." },
      { progress: 2, message: "Low disk." },
    ]);
  });

  test("cuts long output in the middle, and tells where the rest is", async () => {
    const stdout = `HEAD${"\u{1F6A2}".repeat(MAX_OUTPUT_CHARACTERS)}TAIL`;
    const long = { ...result, stdout, stdoutBase64: "AAAA", warnings: ["Low disk."] };
    const { client } = await connect({ answers: { "sandbox.exec": () => [{ type: "result", result: long }] } });
    const answer = await client.callTool({ name: "sandbox_exec", arguments: { id: "a", command: ["a"] } });
    const got = asFields(answer.structuredContent);
    const text = String(got["stdout"]);
    expect(text).toMatch(/^HEAD.*\n\[\d+ characters left out\]\n.*TAIL$/su);
    expect(text.length).toBeLessThan(MAX_OUTPUT_CHARACTERS + 100);
    expect(text.isWellFormed()).toBe(true);
    expect(got).not.toHaveProperty("stdoutBase64");
    expect(got["warnings"]).toEqual([
      "Low disk.",
      expect.stringMatching(/^stdout: .*run_get with runId "k3v9x2m7q1w8e5r4t6y1"/),
    ]);
    expect(got).toMatchObject({ stdoutBytes: 3, stderr: "", truncated: false });
  });

  test("a command that fails is a result", async () => {
    const failed = { ...result, status: "failed", exitCode: 7 };
    const { client } = await connect({ answers: { "job.run": () => [{ type: "result", result: failed }] } });
    const answer = await client.callTool({ name: "job_run", arguments: { command: ["a"] } });
    expect(answer.isError).toBeFalsy();
    expect(answer.structuredContent).toMatchObject({ exitCode: 7 });
  });

  test("that ends without a result is an error", async () => {
    const { client } = await connect({ answers: { "job.run": () => [] } });
    const answer = await client.callTool({ name: "job_run", arguments: { command: ["a"] } });
    expect(answer).toMatchObject({ isError: true, structuredContent: { error: { code: "INTERNAL" } } });
  });
});

describe("errors", () => {
  test("carry code, hint and details, structured and as text", async () => {
    const { client } = await connect({
      answers: {
        "sandbox.get": () => {
          throw new MoorageError("NOT_FOUND", "There is no a.", { details: { id: "a" } });
        },
      },
    });
    const answer = await client.callTool({ name: "sandbox_get", arguments: { id: "a" } });
    expect(answer).toMatchObject({
      isError: true,
      structuredContent: {
        error: {
          code: "NOT_FOUND",
          message: "There is no a.",
          hint: ERROR_CODES.NOT_FOUND.hint,
          details: { id: "a" },
          retry: false,
        },
      },
    });
    expect(answer.content).toEqual([{ type: "text", text: JSON.stringify(answer.structuredContent) }]);
  });

  test("that nobody expected keep their text inside, and are in the log by their request id", async () => {
    const logged: Readonly<Record<string, unknown>>[] = [];
    const logger: Logger = { ...silentLogger, error: (fields) => logged.push(fields) };
    const cause = new Error("password=hunter2");
    const { client } = await connect({ answers: { "sandbox.get": () => Promise.reject(cause) } }, logger);
    const answer = await client.callTool({ name: "sandbox_get", arguments: { id: "a" } });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    const { requestId } = asFields(asFields(answer.structuredContent)["error"]);
    expect(logged).toMatchObject([{ requestId, tool: "sandbox_get", code: "INTERNAL", err: { cause } }]);
  });

  test("of an unknown tool are the protocol's own", async () => {
    const { client } = await connect();
    await expect(client.callTool({ name: "harbour_master" })).rejects.toThrow("harbour_master");
  });
});

test("a client that cancels ends the operation", async () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  const { client } = await connect({
    answers: {
      "job.run": async function* (_input, { signal }) {
        begun.resolve();
        await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
        ended.resolve(true);
        yield await Promise.reject(canceled(signal?.reason));
      },
    },
  });
  const caller = new AbortController();
  const call = client.callTool({ name: "job_run", arguments: { command: ["a"] } }, { signal: caller.signal });
  const outcome = call.then(
    () => "answered",
    () => "given up",
  );
  await begun.promise;
  caller.abort();
  expect(await outcome).toBe("given up");
  expect(await ended.promise).toBe(true);
});
