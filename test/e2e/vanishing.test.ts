import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { startSeededRegistry, type SeededRegistry } from "../fixtures/registry/seeded-registry.ts";
import { allCalls, type Place } from "../fixtures/vanishing/calls.ts";
import { imagePlace } from "../fixtures/vanishing/image-place.ts";
import { requestOf, vanish, type Cut } from "../fixtures/vanishing/vanish.ts";
import { seededRandom } from "./kill/generator.ts";
import { readRegistry } from "./kill/registry.ts";

const run = promisify(execFile);
const IMAGE = "busybox:latest";
const SEEN = { timeout: 60_000, interval: 200 };
/** Those that hold something on the engine while they go on; all others are cut on the memory engine. */
const CALLS = [
  ...["job.run", "sandbox.create", "sandbox.exec", "sandbox.stats", "sandbox.snapshot", "sandbox.fork", "run.attach"],
  ...["run.wait", "file.write", "file.watch", "raw.download", "raw.upload", "raw.read", "raw.write", "sandbox.restart"],
  ...["image.build", "image.pull", "image.push", "image.export", "raw.exportImage", "raw.importImage"],
];

/** On a real engine, by a server in a process of its own, whose descriptors can be counted. */
it("clients that vanish leave no container, run or descriptor behind", { timeout: 240_000 }, async () => {
  const seed = Number(process.env["MOORAGE_CUT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  await using home = await openHome();
  await using server = await startServer(home);
  await using registry = await startSeededRegistry();
  await using images = await ownImages(server, registry);
  await warmUp(server);
  const before = await descriptors(server);
  for (const call of allCalls().filter(({ name }) => CALLS.includes(name))) {
    const place = { ...(await prepared(server, home)), ...images };
    for (const sending of [true, false]) {
      const request = await requestOf((platform) => call.run(platform, place));
      const cut: Cut = sending
        ? { sent: Math.floor(random() * request.length) }
        : { received: Math.floor(random() ** 3 * 3000) };
      await vanish(server.socket, request, cut);
      const what = `${call.name}, ${JSON.stringify(cut)} of ${request.length}, seed ${seed}`;
      await expect.poll(() => unowned(home, place), { ...SEEN, message: what }).toEqual([]);
    }
    await removeAll(server);
  }
  await expect.poll(() => containers(server), SEEN).toEqual([]);
  await expect.poll(async () => (await imageNames()).filter(isOfACall(home, registry)), SEEN).toEqual([]);
  await expect.poll(() => descriptors(server), { ...SEEN, message: `seed ${seed}` }).toBeLessThanOrEqual(before);
  expect(await server.sdk.receipt.verify({})).toMatchObject({ ok: true });
});

/** So that what a server opens once is open. */
async function warmUp(server: RunningServer): Promise<void> {
  const { id } = await server.sdk.sandbox.create({ image: IMAGE });
  await resultOf(server.sdk.sandbox.exec({ id, command: ["true"] }));
  await removeAll(server);
}

/** Images to work on, removed at the end with what the calls have made. */
async function ownImages({ sdk }: RunningServer, { host: registry, reference: registered }: SeededRegistry) {
  const made = await imagePlace(sdk, { image: IMAGE, registry, tag: `vanishing-${newId()}` });
  const remove = async (): Promise<void> => {
    for (const { reference } of (await sdk.image.list({})).items) await sdk.image.remove({ reference });
    await sdk.image.prune({});
  };
  return { ...made, registry, registered, [Symbol.asyncDispose]: remove };
}

type Sandboxed = Omit<Place, keyof Awaited<ReturnType<typeof ownImages>>>;

async function prepared({ sdk }: RunningServer, { root }: Home): Promise<Sandboxed> {
  const { id } = await sdk.sandbox.create({ image: IMAGE });
  await sdk.file.write({ id, path: "kept", content: "kept" });
  await sdk.file.write({ id, path: "tree/leaf", content: "leaf" });
  const { runId: ended, receiptId } = await resultOf(sdk.sandbox.exec({ id, command: ["echo", "ended"] }));
  const background = { id, command: ["sleep", "600"], background: true, interactive: true };
  const { runId: going } = await resultOf(sdk.sandbox.exec(background));
  const { id: keyId } = await sdk.key.create({});
  const user = "erin";
  if ((await sdk.user.list({})).items.length === 0) await sdk.user.create({ name: user });
  return { id, ended, going, receiptId: receiptId ?? "", keyId, user, image: IMAGE, directory: root };
}

/** Runs that go on without anybody, and sandboxes that are half-made or half-changed. */
function unowned(home: Home, { going }: Place): readonly string[] {
  const { runs, sandboxes, works } = readRegistry(home);
  const open = runs.filter(({ id, status }) => status === "running" && id !== going);
  const half = sandboxes.filter(({ state, pending }) => state === "starting" || pending !== null);
  const working = works.filter(({ status }) => status === "running").map(({ id }) => `work ${id}`);
  return [...working, ...open.map(({ id }) => `run ${id}`), ...half.map(({ id, state }) => `sandbox ${id} ${state}`)];
}

async function removeAll({ sdk }: RunningServer): Promise<void> {
  for (const { id } of (await sdk.sandbox.list({})).items) await sdk.sandbox.remove({ id });
  for (const { id } of (await sdk.snapshot.list({})).items) await sdk.snapshot.remove({ id });
}

/** Elsewhere than on Linux they are not shown. */
async function descriptors({ pid }: RunningServer): Promise<number> {
  if (process.platform !== "linux") return 0;
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Names that an image has only for as long as it is exported or pushed. */
function isOfACall(home: Home, { host, reference }: SeededRegistry): (name: string) => boolean {
  const committed = new Set(readRegistry(home).works.map(({ id }) => `agent-env:export-${id}`));
  return (name) => committed.has(name) || (name.startsWith(`${host}/`) && name !== reference);
}

async function imageNames(): Promise<readonly string[]> {
  return (await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])).stdout.split("\n");
}

async function containers({ sdk }: RunningServer): Promise<readonly string[]> {
  const [{ deployment } = { deployment: "" }] = (await sdk.receipt.list({ limit: 1 })).items;
  const label = `label=moorage.deployment=${deployment}`;
  const { stdout } = await run("docker", ["ps", "-a", "--filter", label, "--format", "{{.Names}}"]);
  return stdout.split("\n").filter((line) => line !== "");
}
