import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDockerDomain, type DockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { PASSWORD, USER } from "../../../test/fixtures/registry/login.ts";
import { startRegistry, type RegistryWish, type TestRegistry } from "../../../test/fixtures/registry/registry.ts";
import { newId } from "../../base/ids.ts";
import type { Logger } from "../../base/logger.ts";
import type { ImagePushEvent } from "../../contracts/types.ts";
import { createCredentials } from "../../registry/credentials.ts";

let opened: AsyncDisposableStack;
let domain: DockerDomain;
let logged: string;

beforeEach(() => {
  opened = new AsyncDisposableStack();
  domain = opened.use(openDockerDomain());
  logged = "";
  const note = (...what: unknown[]): void => void (logged += inspect(what, { depth: 9 }));
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  Object.assign(domain.context, { logger });
});
afterEach(() => opened.disposeAsync());

async function registryOf(wish?: RegistryWish): Promise<TestRegistry> {
  const registry = opened.use(await startRegistry(wish));
  const environment = { DOCKER_REGISTRY: registry.host, DOCKER_USERNAME: USER, DOCKER_PASSWORD: PASSWORD };
  const credentials = createCredentials({ profiles: {}, environment, configDirectory: "/nonexistent" });
  Object.assign(domain.context, { credentials });
  return registry;
}

/** An image that Moorage has made, and that prints a word of its own. */
async function ownImage(): Promise<{ readonly reference: string; readonly word: string }> {
  const word = newId();
  const reference = await domain.ownImage("busybox", [`RUN echo ${word} > /word`, 'CMD ["cat", "/word"]']);
  const found = await domain.images.find(reference);
  if (found === undefined) throw new Error(`${reference} was just made.`);
  const { digest, sizeBytes } = found;
  const time = new Date().toISOString();
  const row = { reference, engine: "docker", kind: "built", owner: "alice", digest, sizeBytes } as const;
  await domain.context.store.images.put({ ...row, createdAt: time, usedAt: time });
  return { reference, word };
}

type Result = Extract<ImagePushEvent, { type: "result" }>["result"];

async function push(reference: string, to: string, timeoutMs?: number): Promise<Result> {
  const input = { reference, to, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const last = (await Array.fromAsync(domain.platform.image.push(input))).at(-1);
  if (last?.type !== "result") throw new Error("A push ends with its result.");
  return last.result;
}

describe("a push to a real registry", () => {
  it("is what comes back where nothing of it is left, and runs", { timeout: 120_000 }, async () => {
    const { host, requests } = await registryOf({ login: "token" });
    const { reference, word } = await ownImage();
    const target = `${host}/team/app-${word}:1.2`;
    const first = await push(reference, target);
    expect(first).toMatchObject({ reference: target, layersPushed: 2, layersReused: 0 });
    expect(await domain.images.find(target)).toBeUndefined();
    const before = requests().length;
    expect(await push(reference, target)).toEqual({ ...first, layersPushed: 0, layersReused: 2 });
    expect(
      requests()
        .slice(before)
        .filter((line) => line.includes("/blobs/uploads")),
    ).toEqual([]);
    await domain.images.remove(reference);
    const whole = `${host}/team/app-${word}@${first.digest}`;
    opened.defer(() => domain.images.remove(whole));
    const events = await Array.fromAsync(domain.platform.image.pull({ reference: whole }));
    expect(events.at(-1)).toMatchObject({ result: { digest: first.digest, imageId: first.imageId, pulled: true } });
    const ran = await Array.fromAsync(domain.platform.job.run({ image: whole, command: ["cat", "/word"] }));
    expect(ran.at(-1)).toMatchObject({ result: { stdout: `${word}\n` } });
    expect(logged).toContain("an image was pushed");
    expect(logged + JSON.stringify(events)).not.toContain(PASSWORD);
  });

  it("is no success where somebody else pushes to the tag at the same time", { timeout: 60_000 }, async () => {
    const { host } = await registryOf();
    const { reference } = await ownImage();
    const other = await ownImage();
    const target = `${host}/team/app:1`;
    const { images } = domain;
    opened.defer(() => images.remove(target));
    const confirm: typeof images.confirm = async (...wish) => {
      await images.remove(target);
      await images.tag(other.reference, target);
      await images.push(target, {});
      return images.confirm(...wish);
    };
    Object.assign(domain.context.engine, { images: { ...images, confirm } });
    await expect(push(reference, target)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: expect.stringMatching(
        /^The registry has sha256:\w{64} under .*\/team\/app:1, and not sha256:\w{64}, which was pushed[.]$/,
      ) as string,
    });
    // It is another image's by now, which keeps it.
    expect((await images.find(target))?.id).toBe((await images.find(other.reference))?.id);
    expect(await domain.context.store.lentNames.all()).toEqual([]);
  });

  it("lends a name that nobody else gets the image by", { timeout: 60_000 }, async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    // It takes what is sent and answers nothing, so the push goes on.
    const slow = createServer((socket) => void socket.on("error", () => undefined).once("data", () => resolve()));
    opened.defer(() => void slow.close());
    await once(slow.listen(0, "127.0.0.1"), "listening");
    const { reference, word } = await ownImage();
    const target = `127.0.0.1:${(slow.address() as AddressInfo).port}/team/app:1`;
    const leave = new AbortController();
    const pushing = Array.fromAsync(
      domain.platform.image.push({ reference, to: target }, { signal: leave.signal }),
    ).catch((error: unknown) => error);
    await Promise.race([asked, pushing]);
    expect(await domain.images.find(target)).toBeDefined();
    const { image, job } = domain.platformOf("bob");
    Object.assign(domain.context.policy.build.dockerfile, { allowedRegistries: ["*"] });
    const files = { Dockerfile: `FROM ${target}\nRUN cat /word\n` };
    for (const use of [
      () => Array.fromAsync(job.run({ image: target, command: ["cat", "/word"] })),
      () => Array.fromAsync(image.build({ files, tag: word })),
      () => image.ensure({ reference: target }),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    }
    leave.abort();
    expect(await pushing).toMatchObject({ code: "CANCELED" });
    expect(await domain.images.find(target)).toBeUndefined();
    expect(await domain.context.store.lentNames.all()).toEqual([]);
  });

  it("that nobody answers is given up, and leaves no name", { timeout: 60_000 }, async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    opened.defer(() => void silent.close());
    await once(silent, "listening");
    const { reference } = await ownImage();
    const target = `127.0.0.1:${(silent.address() as AddressInfo).port}/team/app:1`;
    await expect(push(reference, target, 2_000)).rejects.toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: `${target} was not pushed within 2000 ms.`,
    });
    expect(await domain.images.find(target)).toBeUndefined();
    await expect(push(reference, "127.0.0.1:1/team/app:1")).rejects.toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: expect.stringContaining(
        "127.0.0.1:1/team/app:1 cannot be pushed, as its registry does not answer",
      ) as string,
      hint: "Check the network of the engine's host, and try again.",
    });
    expect(await domain.images.find("127.0.0.1:1/team/app:1")).toBeUndefined();
  });
});
