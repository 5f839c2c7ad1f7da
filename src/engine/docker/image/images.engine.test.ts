import { createHash } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import type { BuildEvent, ImageStore } from "../../engine.ts";
import { failureOf, openDockerFixture, printed, removeImage, type DockerFixture } from "../docker-fixture.ts";
import { bytesOf } from "../../../base/tar-streams.ts";

let fixture: DockerFixture;
let registry: Server | undefined;
let pulled: string[] = [];

beforeEach(() => {
  fixture = openDockerFixture({ buildRetryMs: [10, 10] });
});
afterEach(async () => {
  registry?.closeAllConnections();
  await new Promise((resolve) => (registry === undefined ? resolve(0) : registry.close(resolve)));
  registry = undefined;
  for (const image of pulled) await removeImage(fixture.api, image);
  pulled = [];
  await fixture[Symbol.asyncDispose]();
});

function images(): ImageStore {
  if (fixture.engine.images === undefined) throw new Error("The engine docker has images.");
  return fixture.engine.images;
}

async function listen(answer: RequestListener): Promise<number> {
  registry = createServer(answer);
  await new Promise<void>((resolve) => void registry?.listen(0, "127.0.0.1", resolve));
  const address = registry.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const hash = (data: string | Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;

/** What a registry serves for a small image whose only layer holds one file. */
async function smallImage(): Promise<{ manifest: string; blobs: ReadonlyMap<string, Buffer> }> {
  const archive = pack();
  archive.entry({ name: "file" }, newId());
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of bytesOf(archive)) parts.push(part);
  const tar = Buffer.concat(parts);
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: [hash(tar)] },
    }),
  );
  const part = (mediaType: string, data: Buffer): object => ({ mediaType, size: data.length, digest: hash(data) });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: part("application/vnd.docker.container.image.v1+json", config),
    layers: [part("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
  });
  return { manifest, blobs: new Map([config, layer].map((data) => [hash(data), data])) };
}

describe("pulling", () => {
  test("an image that only its registry has comes here, with the registry's digest", async () => {
    const { manifest, blobs } = await smallImage();
    const port = await listen((request, response) => {
      const [, kind, name = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? "") ?? [];
      const body = kind === "manifests" ? manifest : blobs.get(name);
      if (kind === "manifests")
        response.setHeader("content-type", "application/vnd.docker.distribution.manifest.v2+json");
      if (kind === "manifests") response.setHeader("docker-content-digest", hash(manifest));
      response.setHeader("content-length", Buffer.byteLength(body ?? ""));
      response.end(request.method === "HEAD" ? undefined : body);
    });
    const reference = `127.0.0.1:${port}/moorage/${newId()}`;
    expect(await images().find(reference)).toBeUndefined();
    const told: string[] = [];
    const image = await images().ensure(reference, { onProgress: (message) => void told.push(message) });
    pulled.push(`${reference}:latest`);
    expect(image).toMatchObject({ reference: `${reference}:latest`, digest: hash(manifest) });
    expect(told).toEqual([`pulling ${reference}:latest`]);
    expect(await images().find(`${reference}@${hash(manifest)}`)).toMatchObject({ digest: hash(manifest) });
  });

  test.each([
    ["does not have it", 404, "MANIFEST_UNKNOWN", "manifest unknown", "IMAGE_NOT_FOUND", "was found neither here"],
    ["denies it", 403, "DENIED", "requested access to the resource is denied", "REGISTRY_DENIED", "lets nobody pull"],
  ])("an image whose registry %s", async (...[, status, code, message, told, words]) => {
    const port = await listen((request, response) => {
      if (request.url === "/v2/") response.end("{}");
      else response.writeHead(status).end(JSON.stringify({ errors: [{ code, message }] }));
    });
    const reference = `127.0.0.1:${port}/moorage/none:1`;
    const error = await failureOf(images().ensure(reference, {}));
    expect(error.code).toBe(told);
    expect(error.message).toContain(words);
    expect(error.message).toContain(reference);
  });

  test("an image whose registry does not answer is IMAGE_UNAVAILABLE", async () => {
    const error = await failureOf(images().ensure("127.0.0.1:1/moorage/none:1", {}));
    expect(error.code).toBe("IMAGE_UNAVAILABLE");
    expect(error.message).toContain("127.0.0.1:1/moorage/none:1");
  });

  test("giving up ends a pull that hangs", async () => {
    let asked = false;
    const port = await listen(() => {
      asked = true;
    });
    const giveUp = new AbortController();
    const pull = failureOf(images().ensure(`127.0.0.1:${port}/moorage/none:1`, { signal: giveUp.signal }));
    await expect.poll(() => asked).toBe(true);
    giveUp.abort();
    expect((await pull).code).toBe("CANCELED");
  });

  test.each(["Upper/case", "a b", "", "../x"])("%j is INVALID_INPUT", async (reference) => {
    expect((await failureOf(images().ensure(reference, {}))).code).toBe("INVALID_INPUT");
    expect((await failureOf(images().find(reference))).code).toBe("INVALID_INPUT");
  });
});

describe("building", () => {
  test("an image has its labels, and each step is told as it begins", async () => {
    const tag = `moorage-test/${newId()}:1`;
    const events: BuildEvent[] = [];
    const dockerfile = `FROM busybox:latest\nENV BUILT="by a test ${tag}"\n`;
    const spec = { tag, context: dockerfileAlone(dockerfile), labels: { "moorage.test": "1" } };
    const built = await images().build(spec, { onEvent: (event) => void events.push(event) });
    pulled.push(tag);
    expect(built).toMatchObject({ reference: tag, id: built.digest, steps: 3, cachedSteps: 0 });
    const [base, env, label] = ["FROM busybox:latest", `ENV BUILT="by a test ${tag}"`, "LABEL moorage.test=1"];
    expect(events).toEqual([
      { type: "step", step: 1, steps: 3, instruction: base },
      { type: "step", step: 2, steps: 3, instruction: env },
      { type: "step", step: 3, steps: 3, instruction: label },
    ]);
    const { out } = await printed((await fixture.job(["sh", "-c", "echo $BUILT"], { image: tag })).run);
    expect(out).toBe(`by a test ${tag}\n`);
    const again: BuildEvent[] = [];
    expect(await images().build(spec, { onEvent: (event) => void again.push(event) })).toEqual({
      ...built,
      cachedSteps: 2,
    });
    expect(again.filter(({ type }) => type === "cached")).toEqual([2, 3].map((step) => ({ type: "cached", step })));
  });

  test("a step that fails is told by its instruction, with the end of the log", async () => {
    const spec = {
      tag: `moorage-test/${newId()}:1`,
      context: dockerfileAlone("FROM busybox:latest\nCOPY missing /\n"),
      labels: {},
    };
    const { code, message, details } = await failureOf(images().build(spec, {}));
    expect(code).toBe("IMAGE_BUILD_FAILED");
    expect(message).toContain('at "COPY missing /"');
    expect(details["instruction"]).toBe("COPY missing /");
    expect(details["log"]).toEqual(expect.arrayContaining(["Step 2/2 : COPY missing /"]));
  });

  test("an instruction that does not exist is refused with its name", async () => {
    const spec = {
      tag: `moorage-test/${newId()}:1`,
      context: dockerfileAlone("FROM busybox:latest\nNONSENSE x\n"),
      labels: {},
    };
    const { code, message, details } = await failureOf(images().build(spec, {}));
    expect(code).toBe("IMAGE_BUILD_FAILED");
    expect(message).toMatch(/unknown instruction: NONSENSE/i);
    expect(details["log"]).toHaveLength(1);
  });

  test("a failure of the network is tried three times in all, another one only once", async () => {
    let asked = 0;
    const port = await listen((request, response) => {
      if (request.url?.includes("manifests") === true) asked += 1;
      response.writeHead(request.url === "/v2/" ? 200 : 503).end("{}");
    });
    const lines: string[] = [];
    const tag = `moorage-test/${newId()}:1`;
    const away = { tag, context: dockerfileAlone(`FROM 127.0.0.1:${port}/moorage/none:1\n`), labels: {} };
    expect((await failureOf(images().build(away, { onEvent: (event) => void lines.push(event.type) }))).code).toBe(
      "IMAGE_BUILD_FAILED",
    );
    expect(lines.filter((type) => type === "retry")).toHaveLength(2);
    expect(asked).toBeGreaterThanOrEqual(3);
    const wrong: string[] = [];
    const bad = { tag, context: dockerfileAlone("FROM busybox:latest\nCOPY missing /\n"), labels: {} };
    await failureOf(images().build(bad, { onEvent: (event) => void wrong.push(event.type) }));
    expect(wrong.filter((type) => type === "step")).toHaveLength(2);
    // What a program says of a network is its own business.
    const program = { tag, context: dockerfileAlone("FROM busybox:latest\nRUN : bad gateway; exit 7\n"), labels: {} };
    const told: string[] = [];
    const failed = await failureOf(images().build(program, { onEvent: (event) => void told.push(event.type) }));
    expect(failed.details).toMatchObject({ exitCode: 7, step: 2, instruction: "RUN : bad gateway; exit 7" });
    expect(told.filter((type) => type === "step")).toHaveLength(2);
  });
});
