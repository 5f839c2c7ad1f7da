import { once } from "node:events";
import { chmod, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it } from "vitest";
import { busyboxSandbox, openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";

describe("the doors", () => {
  it("of one server see the same sandbox: command line, SDK and MCP", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    const { sdk } = server;
    const { id } = await sdk.sandbox.create({ name: "shared", image: "busybox:latest" });
    const result = await resultOf(sdk.sandbox.exec({ id, command: ["sh", "-c", "echo from the sdk; exit 5"] }));
    expect(result).toMatchObject({ stdout: "from the sdk\n", exitCode: 5 });

    const cli = await home.moorage([
      "sandbox",
      "exec",
      "shared",
      "--",
      "sh",
      "-c",
      "echo from the command line; exit 6",
    ]);
    expect(cli).toMatchObject({ code: 6, stdout: "from the command line\n" });

    await using mcp = await mcpClient(home);
    const answer = await mcp.client.callTool({ name: "sandbox_get", arguments: { id: "shared" } });
    expect(answer.structuredContent).toMatchObject({ id, state: "running", engine: "docker" });
    const exec = await mcp.client.callTool({ name: "sandbox_exec", arguments: { id, command: ["echo", "from mcp"] } });
    expect(exec.structuredContent).toMatchObject({ stdout: "from mcp\n", exitCode: 0 });

    expect((await sdk.sandbox.runs({ id })).items).toHaveLength(3);
    await sdk.sandbox.remove({ id });
    expect((await home.moorage(["sandbox", "get", "shared"])).code).toBe(1);
  });

  it("of the server is a socket for its user alone, and only one server can have it", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    expect((await stat(server.socket)).mode & 0o777).toBe(0o600);
    const second = await home.moorage(["serve", "--engine", "docker"]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("already");
  });

  it("keeps serving when a client vanishes in the middle of a run, which ends too", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    const { sdk } = server;
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const socket = connect(server.socket);
    await once(socket, "connect");
    const body = JSON.stringify({ command: ["sleep", "25"] });
    const head = [
      `POST /v1/sandboxes/${id}/exec HTTP/1.1`,
      "Host: x",
      `Content-Length: ${body.length}`,
      "Content-Type: application/json",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    await once(socket, "data");
    socket.destroy();
    await expect
      .poll(async () => (await sdk.sandbox.runs({ id })).items.map((run) => run.status), { timeout: 15_000 })
      .toEqual(["canceled"]);
  });

  it("of a server on docker lead to sandboxes of the embedded engine, too", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    const made = await home.moorage(["sandbox", "create", "--name", "light", "--engine", "process"]);
    expect(made).toMatchObject({ code: 0 });
    const exec = await home.moorage(["sandbox", "exec", "light", "--", "sh", "-c", "echo kept > file; cat file"]);
    expect(exec).toMatchObject({ code: 0, stdout: "kept\n", stderr: "" });
    const { runId } = await resultOf(
      server.sdk.sandbox.exec({ id: "light", command: ["sleep", "600"], background: true }),
    );
    expect(await home.moorage(["file", "read", "light", "file"])).toMatchObject({ code: 0, stdout: "kept\n" });
    expect(await server.sdk.sandbox.get({ id: "light" })).toMatchObject({ state: "running", engine: "process" });
    expect(await home.moorage(["sandbox", "rm", "light"])).toMatchObject({ code: 0 });
    expect(await server.sdk.run.wait({ runId })).toMatchObject({ status: "canceled" });
  });

  it("of files carry trees in and out", async () => {
    await using home = await openHome();
    const id = await busyboxSandbox(home);
    const local = join(home.root, "a tree");
    await home.moorage([
      "sandbox",
      "exec",
      id,
      "--",
      "sh",
      "-c",
      "mkdir -p 'out dir' && echo hi > 'out dir/-file' && chmod 750 'out dir/-file'",
    ]);
    expect(await home.moorage(["sandbox", "cp", `${id}:out dir`, local])).toMatchObject({ code: 0 });
    expect((await stat(join(local, "-file"))).mode & 0o777).toBe(0o750);
    await chmod(join(local, "-file"), 0o700);
    expect(await home.moorage(["sandbox", "cp", local, `${id}:back`])).toMatchObject({ code: 0 });
    const read = await home.moorage(["file", "read", id, "back/-file"]);
    expect(read).toMatchObject({ code: 0, stdout: "hi\n" });
  });
});

async function mcpClient(home: Home) {
  const command = resolve(import.meta.dirname, "../../bin/moorage");
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StdioClientTransport({ command, args: ["mcp"], env: { ...home.environment } }));
  return { client, [Symbol.asyncDispose]: () => client.close() };
}
