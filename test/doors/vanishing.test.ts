import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createApi, serveOnSocket } from "../../src/api/index.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { createPlatform } from "../../src/domain/domain.ts";
import type { DomainContext } from "../../src/domain/context.ts";
import { createMemoryHost } from "../../src/engine/memory/memory-engine.ts";
import { seededRandom } from "../e2e/kill/generator.ts";
import { openMemoryDomain, resultOf } from "../fixtures/memory-domain.ts";
import { allCalls, type Call, type Place } from "../fixtures/vanishing/calls.ts";
import { imagePlace } from "../fixtures/vanishing/image-place.ts";
import { requestOf, vanish, type Cut } from "../fixtures/vanishing/vanish.ts";
import { unrestricted } from "../../src/domain/access/principal.ts";

const IMAGE = "busybox:latest";
const REGISTRY = "registry.example:5000";
const REGISTERED = `${REGISTRY}/there:1`;
/** Of each kind; more in a run that takes its time. */
const CUTS = Number(process.env["MOORAGE_CUTS"] ?? 1);
const SEEN = { timeout: 20_000, interval: 10 };
const alice = unrestricted("alice");

/** A client that is gone in the middle of any call, at any byte of its request or of the answer. */
describe("a client that vanishes leaves nothing that nobody owns, in", () => {
  const seed = Number(process.env["MOORAGE_CUT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);

  test.each(allCalls())(`$name (seed ${seed})`, { timeout: 60_000 }, async (call) => {
    for (let index = 0; index < CUTS; index += 1) {
      const sent = random();
      expect(await cutOnce(call, (request) => ({ sent: Math.floor(sent * request.length) }))).toEqual(NOTHING);
      const received = Math.floor(random() ** 3 * 3000);
      expect(await cutOnce(call, () => ({ received }))).toEqual(NOTHING);
    }
  });
});

/** What is cut has to be something: a call that is refused at once would leave nothing anyway. */
describe("a call that nobody cuts does what it is asked to:", () => {
  const ending = allCalls().filter(({ name }) => /^(?:image|context|raw)\./.test(name) && name !== "image.build");

  test.each(ending)("$name", async (call) => {
    await using served = await openServed();
    expect(JSON.stringify([await call.run(served.platform, served.place)])).not.toContain('"ok":false');
  });
});

const NOTHING = { ok: true, removed: [], recovered: [], failed: [] };

/** Waits until nothing is there that nobody owns, and answers what a cleanup then still finds. */
async function cutOnce(call: Call, cutOf: (request: Buffer) => Cut): Promise<unknown> {
  await using served = await openServed();
  const { place, context, path, images } = served;
  const request = await requestOf((platform) => call.run(platform, place));
  const before = await held();
  const cut = cutOf(request);
  await vanish(path, request, cut);
  const what = `${call.name}, ${JSON.stringify(cut)} of ${request.length}`;
  await expect
    .poll(async () => [...(await unowned(context, place)), ...(await images())], { ...SEEN, message: what })
    .toEqual([]);
  // Its connection, and what the call had opened, are gone.
  await expect.poll(held, { ...SEEN, message: what }).toBeLessThanOrEqual(before);
  return await served.platform.system.cleanup({});
}

/** The real domain behind a socket, with something for every call to work on. */
async function openServed() {
  const disposal = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-vanishing-"));
  disposal.defer(() => rm(directory, { recursive: true }));
  const host = createMemoryHost();
  const domain = disposal.use(
    openMemoryDomain({ stateDirectory: join(directory, "state") }, { host, registry: [REGISTERED] }),
  );
  const policy = { ...domain.context.policy, workspaceRoots: [directory] };
  const context: DomainContext = { ...domain.context, policy };
  const platform = createPlatform(context, alice);
  const app = createApi({ admit: () => Promise.resolve(platform), logger: silentLogger, version: "0.0.0" });
  const server = disposal.use(await serveOnSocket({ app, path: join(directory, "m.sock"), logger: silentLogger }));
  const place = await prepared(context, directory);
  const { path } = server;
  const local = new Set(host.images.keys());
  /** Images of nobody's that a call has left on the engine. */
  const images = async (): Promise<readonly string[]> => {
    const rows = await context.store.images.all();
    const known = new Set([...local, REGISTERED, ...rows.map(({ reference }) => reference)]);
    const left = [...host.images.values()].filter(({ reference, snapshot }) => !snapshot && !known.has(reference));
    return left.map(({ reference }) => `image ${reference}`);
  };
  return { context, images, platform, place, path, [Symbol.asyncDispose]: () => disposal.disposeAsync() };
}

async function prepared(context: DomainContext, directory: string): Promise<Place> {
  const platform = createPlatform(context, alice);
  const { sandbox, file, run, key, user } = platform;
  const { id } = await sandbox.create({ image: IMAGE });
  await file.write({ id, path: "kept", content: "kept" });
  await file.write({ id, path: "tree/leaf", content: "leaf" });
  const { runId: ended, receiptId } = await resultOf(sandbox.exec({ id, command: ["echo", "ended"] }));
  const { runId: going } = await resultOf(
    sandbox.exec({ id, command: ["sleep", "600"], background: true, interactive: true }),
  );
  expect(await run.get({ runId: going })).toMatchObject({ status: "running" });
  const { name } = await user.create({ name: "alice" });
  const { id: keyId } = await key.create({});
  const images = await imagePlace(platform, { image: IMAGE, registry: REGISTRY, tag: "own" });
  const named = { image: IMAGE, registry: REGISTRY, registered: REGISTERED, directory };
  return { id, ended, going, receiptId: receiptId ?? "", keyId, user: name, ...named, ...images };
}

/** Runs, units and rows that go on without anybody. */
async function unowned(
  { store, engine, stateDirectory }: DomainContext,
  { going, id }: Place,
): Promise<readonly string[]> {
  const runs = (await store.runs.open()).filter((run) => run.id !== going).map((run) => `run of ${run.kind}`);
  const works = [...(await store.builds.open()), ...(await store.exports.open())].map(({ id: work }) => `work ${work}`);
  const rows = await store.sandboxes.all();
  const half = rows.filter((row) => row.state === "starting" || row.pending !== null).map((row) => `half ${row.state}`);
  const owned = new Set(rows.map((row) => row.id));
  const units = (await engine.list()).filter((unit) => !owned.has(unit.id)).map((unit) => `unit of ${unit.kind}`);
  const names =
    owned.has(id) && (await engine.inspect(id))?.state === "running" ? await engine.files.list(id, "/workspace") : [];
  const parts = names.filter(({ name }) => name.startsWith(".moorage")).map(({ name }) => name);
  const staged = await readdir(join(stateDirectory, "contexts")).catch(() => []);
  const known = await store.contexts.known(staged.map((name) => name.replace(/\..*/, "")));
  const archives = staged.filter((name) => !known.has(name.replace(/\..*/, "")));
  return [...runs, ...works, ...half, ...units, ...parts, ...archives];
}

/** How many descriptors and handles this process has. */
async function held(): Promise<number> {
  const handles = process.getActiveResourcesInfo().filter((name) => name.endsWith("Wrap")).length;
  return handles + (process.platform === "linux" ? (await readdir("/proc/self/fd")).length : 0);
}
