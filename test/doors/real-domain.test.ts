import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { createApi, serveOnSocket } from "../../src/api/index.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { openSocketPlatform } from "../../src/main/remote-platform.ts";
import { createMcpServer } from "../../src/mcp/index.ts";
import { openMemoryDomain } from "../fixtures/memory-domain.ts";

const parts = { logger: silentLogger, version: "0.0.0" };

test("a sandbox made through one door is the same through the others", async () => {
  await using doors = await openDoors();
  const { http, mcp, domain } = doors;
  const made = await http.sandbox.create({ name: "demo", env: { GREETING: "ahoy" } });
  expect(await domain.platform.sandbox.get({ id: "demo" })).toEqual(made);
  const { structuredContent } = await mcp.callTool({ name: "sandbox_get", arguments: { id: "demo" } });
  expect(structuredContent).toEqual(made);
});

test("a run through HTTP and one through MCP have the same outcome", async () => {
  await using doors = await openDoors();
  const { http, mcp } = doors;
  await http.sandbox.create({ name: "demo" });
  const input = { id: "demo", command: ["echo", "ahoy"] };
  const events = await Array.fromAsync(http.sandbox.exec(input));
  expect(events.map(({ type }) => type)).toEqual(["started", "stdout", "result"]);
  const last = events.at(-1);
  expect(last).toMatchObject({ result: { exitCode: 0, stdout: "ahoy\n", engine: "memory", status: "succeeded" } });
  const { structuredContent } = await mcp.callTool({ name: "sandbox_exec", arguments: input });
  expect(structuredContent).toMatchObject({ exitCode: 0, stdout: "ahoy\n", engine: "memory", status: "succeeded" });
});

test("a snapshot that is taken through HTTP begins a sandbox through MCP, and a fork the other way round", async () => {
  await using doors = await openDoors();
  const { http, mcp } = doors;
  await http.sandbox.create({ name: "demo" });
  await http.file.write({ id: "demo", path: "kept", content: "ahoy" });
  const taken = await http.sandbox.snapshot({ id: "demo", name: "base", comment: "Before." });
  expect((await http.snapshot.list({})).items).toEqual([taken]);
  await mcp.callTool({ name: "sandbox_create", arguments: { name: "second", snapshot: "base" } });
  expect(await http.snapshot.get({ id: "base" })).toMatchObject({
    comment: "Before.",
    sandboxes: [expect.any(String)],
  });
  await mcp.callTool({ name: "sandbox_fork", arguments: { id: "second", name: "third" } });
  expect(await http.file.read({ id: "third", path: "kept" })).toMatchObject({ content: "ahoy" });
  await http.sandbox.remove({ id: "second" });
  expect(await http.snapshot.remove({ id: "base" })).toEqual({ id: taken.id, removed: true });
});

test("a tree goes out and in again through HTTP", async () => {
  await using doors = await openDoors();
  const { http } = doors;
  await http.sandbox.create({ name: "demo" });
  await http.file.write({ id: "demo", path: "a b/é.txt", content: "ahoy" });
  const tar = await Array.fromAsync(http.raw.download({ id: "demo", path: "a b" }));
  await http.raw.upload({ id: "demo", path: "copy" }, iterate(tar));
  expect(await http.file.read({ id: "demo", path: "copy/a b/é.txt" })).toMatchObject({ content: "ahoy" });
});

test("a context is staged by an archive through HTTP, and read through MCP", async () => {
  await using doors = await openDoors();
  const { http, mcp } = doors;
  const archive = pack();
  archive.entry({ name: "index.html" }, "<h1>ahoy</h1>");
  archive.entry({ name: "docker/Dockerfile" }, "FROM scratch");
  archive.finalize();
  const made = await http.raw.stage({ dockerfile: "docker/Dockerfile" }, Readable.from(archive));
  expect(made).toMatchObject({ files: 2, bytes: 25, dockerfile: { text: "FROM scratch", generatedFor: null } });
  const { structuredContent } = await mcp.callTool({ name: "context_get", arguments: { id: made.id } });
  expect(structuredContent).toEqual(made);
  const cut = http.raw.stage({}, iterate([new Uint8Array(100)]));
  await expect(cut).rejects.toMatchObject({ code: "INVALID_INPUT" });
  expect((await http.context.list({})).items).toHaveLength(1);
});

test("a file of some size goes in and out through HTTP, whole and in parts", async () => {
  await using doors = await openDoors();
  const { raw, sandbox, file } = doors.http;
  await sandbox.create({ name: "demo" });
  const target = { id: "demo", path: "a b/é.bin" };
  const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index));
  const bytes = Buffer.concat(pieces);
  const written = { path: "/workspace/a b/é.bin", sizeBytes: bytes.length };
  expect(await raw.write({ ...target, mode: "0600" }, iterate(pieces))).toEqual(written);
  expect(await file.stat(target)).toMatchObject({ mode: "0600", sizeBytes: bytes.length });
  const read = async (part: { readonly offset?: number; readonly length?: number }) => {
    await using opened = await raw.read({ ...target, ...part });
    const { offset, length, sizeBytes } = opened;
    return { offset, length, sizeBytes, content: Buffer.concat(await Array.fromAsync(opened.content)) };
  };
  const sizeBytes = bytes.length;
  expect(await read({})).toEqual({ offset: 0, length: sizeBytes, sizeBytes, content: bytes });
  const middle = { offset: 99_999, length: 2 };
  expect(await read(middle)).toEqual({ ...middle, sizeBytes, content: Buffer.from([0, 1]) });
  const last = { offset: sizeBytes - 3, length: 3, sizeBytes, content: Buffer.from([39, 39, 39]) };
  expect(await read({ offset: -3 })).toEqual(last);
  expect(await read({ offset: sizeBytes - 3, length: 100 })).toEqual(last);
  await using unread = await raw.read(target);
  expect(unread.sizeBytes).toBe(sizeBytes);
  await expect(raw.read({ ...target, offset: sizeBytes })).rejects.toMatchObject({
    code: "RANGE_NOT_SATISFIABLE",
    message: '"/workspace/a b/é.bin" has 4000000 bytes, so nothing can be read from byte 4000000 on.',
    hint: "Ask for a range that begins inside the file; `moorage file stat` tells its size.",
  });
  await expect(raw.read({ ...target, length: 0 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(raw.read({ id: "demo", path: "a b" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("a client that leaves in the middle of writing leaves no file behind", async () => {
  await using doors = await openDoors();
  const { raw, sandbox, file } = doors.http;
  await sandbox.create({ name: "demo" });
  const leaving = new AbortController();
  const halfway = async function* () {
    yield await Promise.resolve(Buffer.alloc(100_000));
    leaving.abort();
    yield Buffer.alloc(100_000);
  };
  const write = raw.write({ id: "demo", path: "half" }, halfway(), { signal: leaving.signal });
  await expect(write).rejects.toMatchObject({ code: "CANCELED" });
  expect((await file.list({ id: "demo" })).items).toEqual([]);
});

test("what is watched is told through HTTP, until the reader leaves", async () => {
  await using doors = await openDoors();
  const { sandbox, file } = doors.http;
  await sandbox.create({ name: "demo" });
  await file.write({ id: "demo", path: "src/old", content: "1" });
  const events = file.watch({ id: "demo", path: "src" })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => (await events.next()).value;
  expect(await next()).toEqual({ type: "ready", path: "/workspace/src", entries: 1, method: "polling" });
  await file.write({ id: "demo", path: "src/new", content: "12" });
  expect(await next()).toMatchObject({ type: "created", path: "/workspace/src/new", entry: { sizeBytes: 2 } });
  await file.remove({ id: "demo", path: "src/old" });
  expect(await next()).toEqual({ type: "removed", path: "/workspace/src/old" });
  await events.return?.();
  const missing = file.watch({ id: "demo", path: "none" })[Symbol.asyncIterator]();
  await expect(missing.next()).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("bad input has one error at every door", async () => {
  await using doors = await openDoors();
  const { http, mcp, domain } = doors;
  const refused = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "accepted",
      (error: unknown) => error,
    );
  const inProcess = await refused(domain.platform.sandbox.get({ id: "Not A Name" }));
  const message = inProcess instanceof Error ? inProcess.message : "";
  expect(message).toContain("Not A Name");
  expect(await refused(http.sandbox.get({ id: "Not A Name" }))).toMatchObject({ code: "INVALID_INPUT", message });
  const answer = await mcp.callTool({ name: "sandbox_get", arguments: { id: "Not A Name" } });
  expect(answer).toMatchObject({ isError: true, structuredContent: { error: { code: "INVALID_INPUT", message } } });
});

/** The real domain, once behind a socket and once behind MCP. */
async function openDoors() {
  const disposal = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-doors-"));
  disposal.defer(() => rm(directory, { recursive: true }));
  const domain = disposal.use(openMemoryDomain({ stateDirectory: join(directory, "state") }));
  const { platform } = domain;
  const app = createApi({ admit: () => Promise.resolve(platform), ...parts });
  const server = disposal.use(await serveOnSocket({ app, path: join(directory, "m.sock"), logger: silentLogger }));
  const http = await openSocketPlatform(server.path);
  if (http === undefined) throw new Error("Nobody answers at the socket.");
  disposal.use(http);
  const mcp = new Client({ name: "test", version: "0" });
  const [mine, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([createMcpServer({ platform, ...parts }).connect(theirs), mcp.connect(mine)]);
  disposal.defer(() => mcp.close());
  return { domain, http, mcp, [Symbol.asyncDispose]: () => disposal.disposeAsync() };
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
