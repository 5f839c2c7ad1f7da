import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { finished, openHome } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../examples/sdk-run.ts");

test("the example of the client library runs as it is written", async () => {
  await using home = await openHome();
  await using server = await startServer(home);
  await using door = await openDoor(server.socket);
  const child = spawn(process.execPath, [EXAMPLE], { env: { MOORAGE_URL: door.url }, stdio: "pipe" });
  expect(await finished(child)).toMatchObject({ code: 0, stdout: "42\nexit code 0\n", stderr: "" });
  expect((await server.sdk.sandbox.list({})).items).toEqual([]);
});

/** The server's socket at an address of loopback. */
async function openDoor(socketPath: string): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const joined = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => socket.destroy());
  };
  const server = createServer((client) => {
    const inner = joined(connect(socketPath));
    joined(client).pipe(inner).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const dispose = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose };
}
