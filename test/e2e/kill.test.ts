import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { isMoorageError } from "../../src/base/errors.ts";
import type { RemotePlatform } from "../../src/main/remote-platform.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";
import { contradictions } from "./kill/compare.ts";
import { seededRandom } from "./kill/generator.ts";
import { readRegistry } from "./kill/registry.ts";
import { WORKS, type Told } from "./kill/rounds.ts";

const ROUNDS = 50;
const SETTLE_MS = 60_000;
const POOLED = 2;
/** After it nothing that the engine goes on with is too young to be cleared away. */
const COMMITTED_MS = 8_000;
const SERVER = { configuration: { pool: [{ image: "busybox:latest", size: POOLED }], timers: { sweepMs: 500 } } };

/**
 * Ends the server by SIGKILL at random points of its work, then compares what the registry, the engine and the chain of
 * receipts say with what clients were answered: nothing is lost, left over, owned twice, or told to have succeeded
 * when it has not.
 */
it("a server that is killed at any point leaves nothing lost, leaked or untrue", { timeout: 600_000 }, async () => {
  await using home = await openHome();
  const seed = Number(process.env["MOORAGE_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const told: Told = { created: new Map(), removed: new Set(), twice: [], snapshots: new Set(), results: [] };
  await prepared(home, told);
  const unexpected = await killedRounds(home, told, seed);
  await using server = await startServer(home, SERVER);
  await settled(server.sdk, home);
  await pooled(home);
  const found = await contradictions({ platform: server.sdk, told, registry: readRegistry(home) });
  expect([...unexpected, ...found], `seed ${seed}`).toEqual([]);
});

async function prepared(home: Home, told: Told): Promise<void> {
  await using server = await startServer(home, SERVER);
  const { id } = await server.sdk.sandbox.create({ name: "base", image: "busybox:latest" });
  told.created.set(id, "base");
  for await (const event of server.sdk.sandbox.exec({ id, command: ["true"] })) {
    if (event.type === "result") told.results.push(event.result);
  }
}

/** Answers what clients met that is no error of Moorage's. */
async function killedRounds(home: Home, told: Told, seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const unexpected: string[] = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    const work = WORKS[index % WORKS.length];
    if (work === undefined) throw new Error("There is no work.");
    const server = await startServer(home, SERVER);
    if (work.name === "claim") await pooled(home);
    const working = work.run({ platform: server.sdk, index, told }).catch((error: unknown) => {
      if (!isMoorageError(error)) unexpected.push(`${work.name} in round ${index}: ${String(error)}`);
    });
    await delay(random() * work.spreadMs);
    await server.kill();
    await working;
  }
  return unexpected;
}

/** The pool is full, so that there is something to claim. */
async function pooled(home: Home): Promise<void> {
  const inPool = () => readRegistry(home).sandboxes.filter(({ state }) => state === "pool").length;
  await expect.poll(inPool, { timeout: SETTLE_MS, interval: 50 }).toBeGreaterThanOrEqual(POOLED);
}

/** Jobs that went on without a server end by themselves, then each is recorded; commits go on, and are cleared away. */
async function settled(platform: RemotePlatform, home: Home): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  await delay(COMMITTED_MS);
  for (;;) {
    await platform.system.cleanup({});
    const open = readRegistry(home).runs.filter((run) => run.status === "running");
    if (open.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Still open: ${open.map((run) => run.id).join(", ")}`);
    await delay(500);
  }
}
