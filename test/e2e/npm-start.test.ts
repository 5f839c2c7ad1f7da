import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cloneInto } from "../fixtures/clone.ts";
import { finished, openHome, type Home } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";
import { openTerminal } from "../fixtures/terminal.ts";

const SIZE = { columns: 200, rows: 50 };
const CTRL_C = "\u0003";

it("leaves a server running on a terminal, which can be used from elsewhere, until Ctrl-C", async () => {
  await using home = await openHome();
  const start = `cd ${await clone(home)} && MOORAGE_LISTEN=127.0.0.1:0 npm start; echo "code $? ."`;
  await using terminal = await openTerminal(home, start, SIZE);
  const told = await terminal.until(/shown this once: moorage_\S+/);
  expect(told).toContain("6 x 7       = 42");
  expect(told).toContain("It stays until Ctrl-C.");
  const [, url = ""] = /Listening on (http:\S+), with a key/.exec(told) ?? [];
  const [key = ""] = /moorage_[a-z0-9]{20}_\S+/.exec(told) ?? [];
  expect((await fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  // What it says to type in another terminal.
  const other = (await home.moorage(["key", "create", "--name", "first"])).stdout.trim();
  expect(await home.moorage(["auth", "whoami", "--json"], { env: { MOORAGE_URL: url, MOORAGE_KEY: other } })).toEqual(
    expect.objectContaining({ code: 0 }),
  );
  terminal.type(CTRL_C);
  const seen = await terminal.end();
  expect(seen).toContain("the server has stopped; sandboxes stay");
  await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  await expect(stat(join(home.path, "run", "moorage.sock"))).rejects.toMatchObject({ code: "ENOENT" });
});

it("ends with 0 after the program where nobody watches", async () => {
  await using home = await openHome();
  const cwd = await clone(home);
  const child = spawn("npm", ["start"], { cwd, env: home.environment, stdio: "pipe" });
  const { code, stdout } = await finished(child);
  expect(stdout).toContain("6 x 7       = 42");
  expect(stdout).not.toContain("Ctrl-C");
  expect(code).toBe(0);
});

it("tells of a server that is running already, and leaves it alone", async () => {
  await using home = await openHome();
  await using server = await startServer(home);
  await using terminal = await openTerminal(home, `cd ${await clone(home)} && npm start; echo "code $? ."`, SIZE);
  const seen = await terminal.end();
  expect(seen).toContain("A server is running already");
  expect(seen).toContain("code 0 .");
  expect(await server.sdk.sandbox.list({})).toMatchObject({ items: [] });
});

it("tells of an address that is taken, and which setting names another", async () => {
  await using home = await openHome();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const start = `cd ${await clone(home)} && MOORAGE_LISTEN=127.0.0.1:${port} npm start; echo "code $? ."`;
  await using terminal = await openTerminal(home, start, SIZE);
  const seen = await terminal.end();
  taken.close();
  expect(seen).toContain("6 x 7       = 42");
  expect(seen).toContain(`Something is listening at 127.0.0.1:${port} already.`);
  expect(seen).toContain("`MOORAGE_LISTEN=127.0.0.1:7071 npm start`");
  expect(seen).not.toContain("code 0 .");
});

async function clone({ root }: Home): Promise<string> {
  const path = join(root, "clone");
  await cloneInto(path);
  return path;
}
