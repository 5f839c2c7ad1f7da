import { describe, expect, it } from "vitest";
import { openMemoryDomain, type MemoryDomain } from "../../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../../contracts/platform.ts";
import type { ImageExportEvent } from "../../../contracts/types.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";

const REGISTRY = "registry.example:5000";

async function build(platform: Platform, tag: string): Promise<void> {
  await Array.fromAsync(platform.image.build({ files: { Dockerfile: `FROM busybox:latest\nENV A=1\n` }, tag }));
}

type Result = Extract<ImageExportEvent, { type: "result" }>["result"];
type Input = Parameters<Platform["image"]["export"]>[0];

async function exported(platform: Platform, input: Input): Promise<Result> {
  const last = (await Array.fromAsync(platform.image.export(input))).at(-1);
  if (last?.type !== "result") throw new Error("Exports end with their result.");
  return last.result;
}

const names = async ({ context }: MemoryDomain) => (await context.store.images.all()).map(({ reference }) => reference);

describe("an export", () => {
  it("pushes each service under its name, and under a tag of its digest", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await build(platform, "web");
    await build(platform, "api");
    const images = { web: "agent-env:web", api: "agent-env:api" };
    const result = await exported(platform, { images, registry: REGISTRY, prefix: "shop", version: "1.2" });
    const { digest } = result.exported["web"] ?? {};
    expect(result).toMatchObject({
      ok: true,
      failed: {},
      exported: {
        web: {
          ...{ service: "web", status: "succeeded", image: "agent-env:web", sandboxId: null, failure: null },
          reference: `${REGISTRY}/shop-web:1.2`,
          digestReference: `${REGISTRY}/shop-web:${digest?.slice(7, 19)}`,
          sizeBytes: expect.any(Number) as number,
        },
        api: { reference: `${REGISTRY}/shop-api:1.2` },
      },
    });
    for (const reference of [`${REGISTRY}/shop-web:1.2`, `${REGISTRY}/shop-web:${digest?.slice(7, 19)}`]) {
      expect(await platform.image.exists({ reference })).toMatchObject({ ok: false });
      const events = await Array.fromAsync(platform.image.pull({ reference }));
      expect(events.at(-1)).toMatchObject({ result: { digest } });
    }
    expect(await names(domain)).toEqual(["agent-env:web", "agent-env:api"]);
  });

  it("is called as the settings say where it says nothing", async () => {
    await using domain = openMemoryDomain();
    await build(domain.platform, "web");
    const { exported: done } = await exported(domain.platform, { images: { web: "agent-env:web" } });
    expect(done["web"]?.reference).toBe("docker.io/demo-web:latest");
  });

  it("that fails keeps the others from nothing, and is told with its reason", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await build(platform, "web");
    await build(domain.platformOf("bob"), "bobs");
    const images = { none: "agent-env:none", bobs: "agent-env:bobs", web: "agent-env:web" };
    const result = await exported(platform, { images, registry: REGISTRY });
    expect(result).toMatchObject({ ok: false, exported: { web: { status: "succeeded" } } });
    expect(Object.keys(result.failed)).toEqual(["none", "bobs"]);
    for (const service of ["none", "bobs"]) {
      expect(result.failed[service]).toMatchObject({ status: "failed", digest: null, failure: { code: "NOT_FOUND" } });
    }
  });

  it("leaves its log, its record and a receipt, which are the owner's alone", async () => {
    await using domain = openMemoryDomain();
    const { image, receipt } = domain.platform;
    await build(domain.platform, "web");
    const { exported: done } = await exported(domain.platform, {
      images: { web: "agent-env:web" },
      registry: REGISTRY,
    });
    const { exportId = "", receiptId, digest, warnings } = done["web"] ?? {};
    expect((await image.exports({})).items).toEqual([done["web"]]);
    const { text, complete } = await image.exportLog({ exportId });
    expect(complete).toBe(true);
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        `Exporting agent-env:web to ${REGISTRY}/demo-web:latest`,
        expect.stringContaining(`Pushed ${REGISTRY}/demo-web:latest: ${digest}`) as string,
      ]),
    );
    expect(warnings).toEqual([]);
    expect(await receipt.get({ receiptId: receiptId ?? "" })).toMatchObject({
      ...{ operation: "image.export", exportId, service: "web", image: "agent-env:web", digest, status: "succeeded" },
    });
    expect(await receipt.verify({})).toMatchObject({ ok: true, count: 2 });
    const bob = domain.platformOf("bob").image;
    expect((await bob.exports({})).items).toEqual([]);
    expect(await failureOf(bob.exportLog({ exportId }))).toMatchObject({
      code: "NOT_FOUND",
      message: `You have no export "${exportId}".`,
      hint: "List yours with `moorage image exports`.",
    });
  });

  it("that is asked to keeps its names on the engine, where they are the caller's images", async () => {
    await using domain = openMemoryDomain();
    await build(domain.platform, "web");
    const input = { images: { web: "agent-env:web" }, registry: REGISTRY, keep: true };
    const { exported: done } = await exported(domain.platform, input);
    const { reference = "", digestReference } = done["web"] ?? {};
    expect(new Set(await names(domain))).toEqual(new Set(["agent-env:web", reference, digestReference]));
    expect(await domain.platform.image.exists({ reference })).toMatchObject({ ok: true });
    await domain.platform.image.remove({ reference });
    expect(await domain.platform.image.exists({ reference })).toMatchObject({ ok: false });
  });

  it("of a sandbox is a commit of its files, and leaves nothing behind here", async () => {
    await using domain = openMemoryDomain();
    const { platform, context } = domain;
    const { id } = await platform.sandbox.create({ name: "demo", env: { DB_PASSWORD: "hunter2" } });
    const result = await exported(platform, { sandboxes: { db: "demo" }, registry: REGISTRY });
    expect(result.exported["db"]).toMatchObject({
      ...{ image: null, sandboxId: id, status: "succeeded", reference: `${REGISTRY}/demo-db:latest` },
      warnings: [
        'The image is a commit of the sandbox "demo": it holds its files as they are now, without its environment, and cannot be built again.',
      ],
    });
    expect(JSON.stringify(result)).not.toContain("hunter2");
    expect(await context.store.snapshots.all()).toEqual([]);
    expect(await names(domain)).toEqual([]);
    const other = await exported(domain.platformOf("bob"), { sandboxes: { db: id }, registry: REGISTRY });
    expect(other.failed["db"]).toMatchObject({ failure: { code: "NOT_FOUND" } });
  });

  it("pushes three services at once and no more, each event with its own, and answers in their order", async () => {
    const gate = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    let [calls, going, most] = [0, 0, 0];
    const forHost = async (): Promise<undefined> => {
      const isFirst = (calls += 1) === 1;
      most = Math.max(most, (going += 1));
      if (going === 3) held.resolve();
      await held.promise;
      if (isFirst) await gate.promise;
      going -= 1;
    };
    await using domain = openMemoryDomain({ credentials: { forHost } });
    await build(domain.platform, "web");
    const services = ["e", "d", "c", "b", "a"];
    const images = Object.fromEntries(services.map((service) => [service, "agent-env:web"]));
    const begun: string[] = [];
    const ended: string[] = [];
    let result: Result | undefined;
    for await (const event of domain.platform.image.export({ images, registry: REGISTRY })) {
      if (event.type === "result") ({ result } = event);
      else if (event.type === "started") begun.push(event.service);
      else if (event.type === "ended") ended.push(event.service);
      else if (!begun.includes(event.service)) begun.push(`${event.service} of none`);
      if (ended.length === 4) gate.resolve();
    }
    expect(most).toBe(3);
    expect(begun).toEqual(services);
    expect(ended).not.toEqual(services);
    expect(result?.ok).toBe(true);
    expect(Object.keys(result?.exported ?? {})).toEqual(services);
    for (const service of services) {
      expect(result?.exported[service]?.reference).toBe(`${REGISTRY}/demo-${service}:latest`);
    }
  });

  it("whose caller leaves is canceled and recorded, and begins no other", async () => {
    await using domain = openMemoryDomain();
    const { image, receipt } = domain.platform;
    await build(domain.platform, "web");
    const images = Object.fromEntries(["a", "b", "c", "d", "e"].map((service) => [service, "agent-env:web"]));
    for await (const _event of image.export({ images })) break;
    const { items } = await image.exports({});
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThanOrEqual(3);
    for (const item of items) expect(item).toMatchObject({ status: "canceled", digest: null });
    expect((await receipt.list({})).items[0]).toMatchObject({ operation: "image.export", status: "canceled" });
  });

  it("of a sandbox under two names waits until it may be read again", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const result = await exported(domain.platform, { sandboxes: { a: id, b: id }, registry: REGISTRY });
    expect(Object.keys(result.exported)).toEqual(["a", "b"]);
  });

  it("whose Moorage was ended is recorded by the next as interrupted", async () => {
    await using domain = openMemoryDomain();
    const { image, system } = domain.platform;
    await build(domain.platform, "web");
    await exported(domain.platform, { images: { web: "agent-env:web" }, registry: REGISTRY });
    const [row] = (await domain.context.store.exports.list("alice", { limit: 1 })).items;
    if (row === undefined) throw new Error("The export has a row.");
    await domain.context.store.exports.insert({
      ...row,
      id: "d3v9x2m7q1w8e5r4t6y0",
      status: "running",
      holder: "dead",
    });
    await system.cleanup({});
    const found = (await image.exports({})).items.find(({ exportId }) => exportId === "d3v9x2m7q1w8e5r4t6y0");
    expect(found).toMatchObject({ status: "interrupted" });
  });

  it.each<readonly [input: Input, message: RegExp]>([
    [{}, /expected at least one service/],
    [{ images: { "Not A Name": "agent-env:a" } }, /images/],
    [{ images: { a: "agent-env:a" }, sandboxes: { a: "demo" } }, /each service once/],
    [{ images: { a: "agent-env:a" }, version: "a/b" }, /expected a tag, such as 1.2/],
    [{ images: { a: "agent-env:a" }, registry: "http://localhost:5077/" }, /without http:\/\/ or https:\/\//],
    [{ images: { a: "agent-env:a" }, registry: "localhost:5077/" }, /\/ behind it/],
    [{ images: { a: "agent-env:a" }, registry: "" }, /expected a registry, such as/],
    [{ images: { a: "agent-env:a" }, registry: "Bad Host" }, /no image reference/],
  ])("with %j is INVALID_INPUT, and begins nothing", async (input, message) => {
    await using domain = openMemoryDomain();
    const failure = await failureOf(exported(domain.platform, input));
    expect(failure.code).toBe("INVALID_INPUT");
    expect(failure.message).toMatch(message);
    expect((await domain.platform.image.exports({})).items).toEqual([]);
  });
});
