import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { privateEngine, withPrivateEngines } from "../../../../scripts/setup/private-engine.ts";
import { runProgram } from "../../../../scripts/setup/run-program.ts";
import { newId } from "../../../base/ids.ts";
import type { ImageStore } from "../../engine.ts";
import { openDockerFixture, printed, type DockerFixture } from "../docker-fixture.ts";

const LONG = { timeout: 180_000 };
const MIB = 1024 * 1024;

let opened: AsyncDisposableStack;
let directory: string;
let here: DockerFixture;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  directory = await mkdtemp(join(tmpdir(), "moorage-archives-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  here = opened.use(openDockerFixture());
});
afterEach(() => opened.disposeAsync());

function imagesOf({ engine: { images } }: DockerFixture): ImageStore {
  if (images === undefined) throw new Error("The engine docker has images.");
  return images;
}

async function saved(reference: string): Promise<string> {
  const file = join(directory, "image.tar");
  await writeFile(file, imagesOf(here).save(reference));
  return file;
}

async function asked(...command: readonly [string, ...string[]]): Promise<string> {
  const { code, output } = await runProgram(command, { deadlineMs: 60_000 });
  if (code !== 0) throw new Error(`${command.join(" ")}: ${output}`);
  return output;
}

describe("an image that is saved", LONG, () => {
  it("is an OCI archive with the same id and layers, which skopeo reads", async () => {
    const word = newId();
    const reference = await here.image(
      `FROM busybox:latest\nRUN echo ${word} > /word && cp /word /again\nRUN cp -p /word /third\nRUN true\n`,
    );
    const file = await saved(reference);
    const manifest = JSON.parse(await asked("skopeo", "inspect", "--raw", `oci-archive:${file}`)) as {
      readonly config: { readonly digest: string };
      readonly layers: readonly unknown[];
    };
    const image = JSON.parse(await asked("docker", "image", "inspect", reference)) as readonly [
      { readonly Id: string; readonly RootFS: { readonly Layers: readonly string[] } },
    ];
    expect(manifest.config.digest).toBe(image[0].Id);
    expect(manifest.layers).toHaveLength(image[0].RootFS.Layers.length);
    const { Layers } = JSON.parse(await asked("skopeo", "inspect", `docker-archive:${file}`)) as {
      readonly Layers: unknown;
    };
    expect(Layers).toEqual(image[0].RootFS.Layers);
    await asked("skopeo", "copy", `oci-archive:${file}`, `oci:${join(directory, "copied")}:1`);
  });

  it("takes no more memory the larger it is", async () => {
    const reference = await here.image("FROM busybox:latest\nRUN dd if=/dev/urandom of=/large bs=1M count=400\n");
    let highest = 0;
    const look = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 20);
    const before = process.memoryUsage().rss;
    const file = await saved(reference);
    clearInterval(look);
    expect((await stat(file)).size).toBeGreaterThan(400 * MIB);
    expect(highest - before).toBeLessThan(150 * MIB);
  });
});

await withPrivateEngines(() => {
  describe("an image that is saved, on an engine that has nothing", LONG, () => {
    it("is what docker load reads, and runs", async () => {
      const word = newId();
      const reference = await here.image(`FROM busybox:latest\nRUN echo ${word} > /word\n`);
      const file = await saved(reference);
      const signal = AbortSignal.timeout(60_000);
      const { address } = opened.use(await privateEngine(signal));
      if (address.kind !== "unix") throw new Error("A private engine answers on a socket.");
      await asked("docker", "-H", `unix://${address.path}`, "load", "-i", file);
      const there = opened.use(openDockerFixture({ endpoint: { socketPath: address.path } }));
      const { run } = await there.job(["cat", "/word"], { image: reference });
      expect((await printed(run)).out).toBe(`${word}\n`);
      const before = await imagesOf(there).find(reference);
      expect(before?.digest).toBe((await imagesOf(here).find(reference))?.digest);
      for (const unit of await there.engine.list()) await there.engine.remove(unit.id);
      await imagesOf(there).remove(reference);
      expect(await imagesOf(there).load({ reference, tar: createReadStream(file) })).toEqual(before);
    });
  });
});
