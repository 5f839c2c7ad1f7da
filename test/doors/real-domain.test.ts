import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
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

test("a tree goes out and in again through HTTP", async () => {
  await using doors = await openDoors();
  const { http } = doors;
  await http.sandbox.create({ name: "demo" });
  await http.file.write({ id: "demo", path: "a b/é.txt", content: "ahoy" });
  const tar = await Array.fromAsync(http.raw.download({ id: "demo", path: "a b" }));
  await http.raw.upload({ id: "demo", path: "copy" }, iterate(tar));
  expect(await http.file.read({ id: "demo", path: "copy/a b/é.txt" })).toMatchObject({ content: "ahoy" });
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
  const domain = disposal.use(openMemoryDomain());
  const { platform } = domain;
  const app = createApi({ platform, ...parts });
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
