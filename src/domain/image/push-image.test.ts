import { describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { canceled } from "../../base/deadline.ts";
import { Secret } from "../../base/secret.ts";
import type { ImageStore } from "../../engine/engine.ts";
import { openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";

const OWN = "team/app:1";
const HOST = "registry.example:5000";
const TARGET = `${HOST}/team/app:1.2`;

/** A domain in which Moorage has made an image for alice. */
async function openDomain(...wish: Parameters<typeof openMemoryDomain>): Promise<MemoryDomain> {
  const domain = openMemoryDomain(...wish);
  const images = imagesOf(domain);
  const context = dockerfileAlone("FROM busybox:latest\nENV OWN=1\n");
  const { digest, sizeBytes } = await images.build({ tag: OWN, context, labels: {} }, {});
  const time = "2026-01-02T03:04:05.678Z";
  const row = { reference: OWN, engine: "memory", kind: "built", owner: "alice", digest, sizeBytes } as const;
  await domain.context.store.images.put({ ...row, createdAt: time, usedAt: time });
  return domain;
}

function imagesOf({ context }: MemoryDomain): ImageStore {
  if (context.engine.images === undefined) throw new Error("The memory engine has images.");
  return context.engine.images;
}

async function pushed(domain: MemoryDomain, to?: string): Promise<object> {
  const events = await Array.fromAsync(
    domain.platform.image.push({ reference: OWN, ...(to === undefined ? {} : { to }) }),
  );
  const last = events.at(-1);
  if (last?.type !== "result") throw new Error("A push ends with its result.");
  return last.result;
}

describe("a push", () => {
  it("sends an image to where it should go, and leaves the engine's names as they were", async () => {
    await using domain = await openDomain();
    const { image } = domain.platform;
    const { digest } = await image.exists({ reference: OWN });
    const events = await Array.fromAsync(image.push({ reference: OWN, to: TARGET }));
    expect(events[0]).toMatchObject({ type: "layer", status: "done" });
    expect(events.at(-1)).toEqual({
      type: "result",
      result: {
        reference: TARGET,
        digest,
        imageId: digest,
        sizeBytes: expect.any(Number) as number,
        layersPushed: 1,
        layersReused: 0,
      },
    });
    expect(await image.exists({ reference: TARGET })).toMatchObject({ ok: false });
    const pulled = await Array.fromAsync(image.pull({ reference: TARGET }));
    expect(pulled.at(-1)).toMatchObject({ result: { digest, pulled: true } });
  });

  it("sends no layer of what the registry has, and keeps a name that the image had before", async () => {
    await using domain = await openDomain();
    await pushed(domain, TARGET);
    await imagesOf(domain).tag(OWN, TARGET);
    expect(await pushed(domain, TARGET)).toMatchObject({ layersPushed: 0, layersReused: 1 });
    expect(await domain.platform.image.exists({ reference: TARGET })).toMatchObject({ ok: true });
    expect(await pushed(domain)).toMatchObject({ reference: OWN });
  });

  it("shows the registry what there is for it; denied, nothing is left", async () => {
    const auth = { host: HOST, username: "ann", password: new Secret("hunter2") };
    const forHost = (host: string) => Promise.resolve(host === HOST ? auth : undefined);
    const logins = { [HOST]: { ann: "hunter2" }, "other.example": { ann: "hunter2" } };
    await using domain = await openDomain({ credentials: { forHost } }, { logins });
    expect(await pushed(domain, TARGET)).toMatchObject({ reference: TARGET });
    await expect(pushed(domain, "other.example/app:1")).rejects.toMatchObject({ code: "REGISTRY_DENIED" });
    expect(await domain.platform.image.exists({ reference: "other.example/app:1" })).toMatchObject({ ok: false });
  });

  it.each([
    ["nobody has made", "python:3.11-slim"],
    ["is not there", "no/such:1"],
  ])("of what %s is NOT_FOUND", async (_what, reference) => {
    await using domain = await openDomain();
    await expect(Array.fromAsync(domain.platform.image.push({ reference, to: TARGET }))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `You have no image "${reference}".`,
      hint: "Only what Moorage has made for you can be pushed, exported or removed: list it with `moorage image ls`.",
    });
  });

  it("of somebody else's is NOT_FOUND, and nobody else takes its name by a pull", async () => {
    await using domain = await openDomain({}, { registry: [OWN] });
    const { image } = domain.platformOf("bob");
    await expect(Array.fromAsync(image.push({ reference: OWN, to: TARGET }))).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(Array.fromAsync(image.pull({ reference: OWN }))).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: `The image ${OWN} was found neither here nor in its registry.`,
    });
    expect(await pushed(domain, TARGET)).toMatchObject({ reference: TARGET });
  });

  it("of a name that has come to mean another image is NOT_FOUND", async () => {
    await using domain = await openDomain();
    await imagesOf(domain).remove(OWN);
    await imagesOf(domain).tag("python:3.11-slim", OWN);
    await expect(pushed(domain, TARGET)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("takes no name from another image, and two do not share one", async () => {
    await using domain = await openDomain();
    await expect(pushed(domain, "python:3.11-slim")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await domain.platform.image.exists({ reference: "python:3.11-slim" })).toMatchObject({ ok: true });
    const both = await Promise.allSettled([pushed(domain, TARGET), pushed(domain, TARGET)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((one) => one.status === "rejected")).toMatchObject({
      reason: {
        code: "CONFLICT",
        message: `Another image is being pushed to ${TARGET} now.`,
        hint: "Wait until that push has ended, or push to another tag.",
      },
    });
    expect(await pushed(domain, TARGET)).toMatchObject({ layersReused: 1 });
  });

  it("is no success where the registry has something else than was sent", async () => {
    await using domain = await openDomain();
    const other = `sha256:${"0".repeat(64)}`;
    const images = { ...imagesOf(domain), confirm: () => Promise.resolve(other) };
    Object.assign(domain.context.engine, { images });
    const { digest } = await domain.platform.image.exists({ reference: OWN });
    await expect(pushed(domain, TARGET)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: `The registry has ${other} under ${TARGET}, and not ${digest}, which was pushed.`,
      hint: "Somebody else may have pushed to the same tag: push again, or to a tag of your own.",
      details: { pushed: digest, confirmed: other },
    });
  });

  it("that takes too long, or that nobody waits for, is given up and leaves no name", async () => {
    await using domain = await openDomain();
    let begun = 0;
    const push: ImageStore["push"] = (_reference, { signal }) =>
      new Promise((_resolve, reject) => {
        begun += 1;
        signal?.addEventListener("abort", () => reject(canceled()), { once: true });
      });
    Object.assign(domain.context.engine, { images: { ...imagesOf(domain), push } });
    const { image } = domain.platform;
    const slow = Array.fromAsync(image.push({ reference: OWN, to: TARGET, timeoutMs: 50 }));
    await expect(slow).rejects.toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: `${TARGET} was not pushed within 50 ms.`,
    });
    expect(await image.exists({ reference: TARGET })).toMatchObject({ ok: false });
    const leave = new AbortController();
    const left = Array.fromAsync(image.push({ reference: OWN, to: TARGET }, { signal: leave.signal }));
    await expect.poll(() => begun).toBe(2);
    leave.abort();
    await expect(left).rejects.toMatchObject({ code: "CANCELED" });
    expect(await image.exists({ reference: TARGET })).toMatchObject({ ok: false });
  });

  it("to a digest, or to what is no reference, is INVALID_INPUT", async () => {
    await using domain = await openDomain();
    await expect(pushed(domain, "Upper/case")).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: '"Upper/case" is no image reference; expected [registry/]path[:tag][@sha256:digest].',
    });
  });
});

describe("the name that an image has while it is pushed", () => {
  const other = "golang:1.24-bookworm";

  /** A push that goes on until it is ended, with the image under its target. */
  async function holding(domain: MemoryDomain, to: string) {
    const ending = Promise.withResolvers<never>();
    const begun = Promise.withResolvers<void>();
    const push: ImageStore["push"] = () => {
      begun.resolve();
      return ending.promise;
    };
    Object.assign(domain.context.engine, { images: { ...imagesOf(domain), push } });
    const going = Array.fromAsync(domain.platform.image.push({ reference: OWN, to }));
    await Promise.race([begun.promise, going]);
    return async () => {
      ending.reject(canceled());
      await expect(going).rejects.toMatchObject({ code: "CANCELED" });
    };
  }

  it("leads nobody else to the image", async () => {
    await using domain = await openDomain();
    const end = await holding(domain, other);
    const { image, job, sandbox, raw } = domain.platformOf("bob");
    const files = { Dockerfile: `FROM ${other}\n` };
    expect(await image.exists({ reference: other })).toMatchObject({ ok: false });
    for (const use of [
      () => Array.fromAsync(job.run({ image: other, command: ["env"] })),
      () => sandbox.create({ image: `docker.io/library/${other}` }),
      () => image.ensure({ reference: other }),
      () => image.history({ reference: other }),
      () => Array.fromAsync(image.pull({ reference: other })),
      () => Array.fromAsync(image.build({ files })),
      () => Array.fromAsync(raw.exportImage({ reference: other })),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    }
    expect(await domain.platform.image.exists({ reference: other })).toMatchObject({ ok: true });
    expect((await domain.platform.image.list({})).items).toMatchObject([{ reference: OWN }]);
    await end();
    expect(await domain.platform.image.exists({ reference: other })).toMatchObject({ ok: false });
    expect(await domain.context.store.lentNames.all()).toEqual([]);
  });

  it("leads nobody to it who asked for that name before it was lent", async () => {
    await using domain = await openDomain();
    const engineImages = imagesOf(domain);
    let end: (() => Promise<void>) | undefined;
    const ensure: ImageStore["ensure"] = async (...wish) => {
      Object.assign(domain.context.engine, { images: engineImages });
      end = await holding(domain, other);
      return engineImages.ensure(...wish);
    };
    Object.assign(domain.context.engine, { images: { ...engineImages, ensure } });
    const running = Array.fromAsync(domain.platformOf("bob").job.run({ image: other, command: ["env"] }));
    await expect(running).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    await end?.();
  });

  it("is left alone where it is another image's, or something of others is made of it", async () => {
    await using domain = await openDomain();
    const before = await domain.platform.image.exists({ reference: "python:3.11-slim" });
    await expect(pushed(domain, "python:3.11-slim")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await domain.platform.image.exists({ reference: "python:3.11-slim" })).toEqual(before);
    await domain.platformOf("bob").sandbox.create({ image: "python:3.11-slim" });
    await expect(pushed(domain, "python:3.11-slim")).rejects.toMatchObject({
      code: "CONFLICT",
      message: "The name python:3.11-slim is in use by what is not yours.",
      hint: "Push to another tag.",
    });
    expect(await domain.context.store.lentNames.all()).toEqual([]);
  });

  it("is taken back where the push was killed, and is its owner's until then", async () => {
    await using domain = await openDomain();
    const { id } = (await imagesOf(domain).find(OWN)) ?? { id: "" };
    await imagesOf(domain).tag(OWN, other);
    const lent = { reference: other, engine: "memory", owner: "alice", imageId: id, holder: "dead" } as const;
    await domain.context.store.lentNames.add(lent);
    const { image } = domain.platformOf("bob");
    await expect(image.ensure({ reference: other })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    await domain.platform.system.cleanup({});
    expect(await imagesOf(domain).find(other)).toBeUndefined();
    expect(await domain.context.store.lentNames.all()).toEqual([]);
    await domain.context.store.lentNames.add(lent);
    expect(await pushed(domain, other)).toMatchObject({ reference: other });
  });

  it.each([
    "agent-env:web",
    "docker.io/library/agent-env:web",
    "moorage-agent:0123456789ab",
    "index.docker.io/moorage-x",
  ])("is none that only Moorage gives: %s", async (to) => {
    await using domain = await openDomain();
    await expect(pushed(domain, to)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(
        /^Nothing can be pushed to \S+: only Moorage gives names such as this[.]$/,
      ) as string,
    });
    const exporting = domain.platform.image.export({
      images: { env: OWN },
      ...{ registry: "docker.io/library", prefix: "agent" },
    });
    await expect(Array.fromAsync(exporting)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
