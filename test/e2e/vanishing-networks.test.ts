import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Platform } from "../../src/contracts/platform.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { requestOf, vanish } from "../fixtures/vanishing/vanish.ts";
import { readRegistry } from "./kill/registry.ts";

const run = promisify(execFile);
const image = "busybox:latest";
const PATIENCE_MS = 120_000;
const SEEN = { timeout: 60_000, interval: 200 };
const [BEFORE, AFTER] = ["allow:example.com", "allow:example.org"];

type Change = {
  /** What the client asks for; there are the network "net" and the sandboxes "member" and "outgoing". */
  readonly call: (platform: Platform) => Promise<unknown>;
  /** The same by somebody who stays, whatever of it has been done; answers names of all networks. */
  readonly again: (platform: Platform) => Promise<readonly string[]>;
  readonly networks: readonly string[];
};

const CHANGES: Readonly<Record<string, Change>> = {
  "network.ensure": {
    call: ({ network }) => network.ensure({ name: "other" }),
    again: async ({ network }) => {
      expect((await network.ensure({ name: "other" })).subnet).not.toBeNull();
      return namesOf(await network.list({}));
    },
    networks: ["net", "other"],
  },
  "network.remove": {
    call: ({ network }) => network.remove({ name: "net", force: true }),
    again: async ({ network }) => {
      for (const { name } of (await network.list({})).items) await network.remove({ name, force: true });
      return namesOf(await network.list({}));
    },
    networks: [],
  },
  "network.set": {
    call: ({ network }) => network.set({ id: "outgoing", network: AFTER }),
    again: async ({ network }) => {
      expect(await network.set({ id: "outgoing", network: AFTER })).toMatchObject({ network: AFTER });
      return namesOf(await network.list({}));
    },
    networks: ["net"],
  },
  "sandbox.create": {
    call: ({ sandbox }) => sandbox.create({ name: "new", image, network: "net:net" }),
    again: async ({ sandbox, network }) => {
      const { id } = await sandbox.create({ name: "new", image, network: "net:net" });
      expect((await network.inspect({ name: "net" })).members.map((member) => member.id)).toContain(id);
      await sandbox.remove({ id });
      return namesOf(await network.list({}));
    },
    networks: ["net"],
  },
};

/** On a real engine, by a server in a process of its own: networks are in two minds, the registry's and the engine's. */
describe("a client that vanishes leaves no network that nobody owns, and nothing that cannot go on, in", () => {
  let home: Home;
  let server: RunningServer;

  beforeAll(async () => {
    home = await openHome();
    server = await startServer(home);
    await server.sdk.sandbox.create({ name: "outgoing", image, network: BEFORE });
    await resultOf(server.sdk.sandbox.exec({ id: "outgoing", command: ["true"] }));
  }, PATIENCE_MS);
  afterAll(async () => {
    const { sandbox, network } = server.sdk;
    for (const { id } of (await sandbox.list({})).items) await sandbox.remove({ id });
    for (const { name } of (await network.list({})).items) await network.remove({ name, force: true });
    await server[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  }, PATIENCE_MS);

  it.each(Object.entries(CHANGES))("%s", { timeout: PATIENCE_MS }, async (_, { call, again, networks }) => {
    const request = await requestOf(call);
    for (const cut of [{ sent: request.length }, { received: 0 }]) {
      await prepare(server.sdk);
      await vanish(server.socket, request, cut);
      await expect.poll(() => halfDone(home), SEEN).toEqual([]);
      await expect.poll(() => strays(server.sdk), SEEN).toEqual([]);
      // What goes on without its client may be a moment ahead of who does the same.
      const settled = { ...SEEN, message: JSON.stringify(cut) };
      await expect.poll(async () => (await again(server.sdk)).toSorted(), settled).toEqual(networks);
      expect(await engineNetworks(server.sdk)).toHaveLength(networks.length);
      expect(await resultOf(server.sdk.sandbox.exec({ id: "member", command: ["true"] }))).toMatchObject({
        exitCode: 0,
      });
    }
  });
});

async function prepare({ network, sandbox }: Platform): Promise<void> {
  for (const { name } of (await network.list({})).items) if (name !== "net") await network.remove({ name });
  await network.ensure({ name: "net" });
  const wish = { name: "member", image, network: "net:net" };
  const known = (await sandbox.list({})).items.find(({ name }) => name === "member");
  if (known !== undefined && known.network !== wish.network) await sandbox.remove({ id: known.id });
  await sandbox.create(wish);
  await network.set({ id: "outgoing", network: BEFORE });
}

function namesOf({ items }: { readonly items: readonly { readonly name: string }[] }): readonly string[] {
  return items.map(({ name }) => name);
}

function halfDone(home: Home): readonly string[] {
  const half = readRegistry(home).sandboxes.filter(({ state, pending }) => state === "starting" || pending !== null);
  return half.map(({ id, state }) => `sandbox ${id} ${state}`);
}

/** Networks of the engine that are in no list, once what nobody owns is cleared away. */
async function strays(platform: Platform): Promise<readonly string[]> {
  await platform.system.cleanup({});
  const owned = new Set((await platform.network.list({})).items.map(({ id }) => `moorage-network-${id}`));
  return (await engineNetworks(platform)).filter((name) => !owned.has(name));
}

async function engineNetworks({ receipt }: Platform): Promise<readonly string[]> {
  const [newest] = (await receipt.list({ limit: 1 })).items;
  if (newest === undefined) throw new Error("A run has a receipt, which names the deployment.");
  const ours = `label=moorage.deployment=${newest.deployment}`;
  const filters = ["--filter", ours, "--filter", "name=moorage-network-"];
  const { stdout } = await run("docker", ["network", "ls", ...filters, "--format", "{{.Name}}"]);
  return stdout.split("\n").filter((line) => line !== "");
}
