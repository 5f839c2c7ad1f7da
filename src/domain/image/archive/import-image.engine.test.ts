import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { privatePodman, withPrivatePodman } from "../../../../scripts/setup/private-podman.ts";
import { runOrThrow } from "../../../../scripts/setup/run-program.ts";
import { openDockerDomain, type DockerDomain } from "../../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../../test/fixtures/memory-domain.ts";
import { newId } from "../../../base/ids.ts";

const LONG = { timeout: 180_000 };

let opened: AsyncDisposableStack;
let file: string;
let word: string;

/** An image that the machine's engine had, as skopeo writes it with layers in zstd. */
beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-zstd-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  file = join(directory, "image.tar");
  word = newId();
  await using domain = openDockerDomain();
  const reference = await domain.ownImage("busybox", [`RUN echo ${word} > /word`]);
  const zstd = ["--dest-compress", "--dest-compress-format", "zstd"];
  const from = `docker-daemon:${reference}`;
  await runOrThrow(["skopeo", "copy", ...zstd, from, `oci-archive:${file}:1`], { deadlineMs: 60_000 });
}, LONG.timeout);
afterAll(() => opened.disposeAsync());

async function ranImported({ platform }: DockerDomain): Promise<string> {
  const { reference } = await platform.raw.importImage({ tag: `zstd-${word}` }, createReadStream(file));
  const { stdout } = await resultOf(platform.job.run({ image: reference, command: ["cat", "/word"] }));
  return stdout;
}

describe("an OCI archive with layers in zstd", LONG, () => {
  it("is imported, and runs, on Docker", async () => {
    const manifest = await runOrThrow(["skopeo", "inspect", "--raw", `oci-archive:${file}`], { deadlineMs: 60_000 });
    expect(manifest).toContain("tar+zstd");
    await using domain = openDockerDomain();
    expect(await ranImported(domain)).toBe(`${word}\n`);
  });
});

await withPrivatePodman(() => {
  describe("an OCI archive with layers in zstd", LONG, () => {
    it("is imported, and runs, on Podman", async () => {
      await using podman = await privatePodman();
      await using domain = openDockerDomain({ endpoint: { socketPath: podman.socketPath } });
      expect(await ranImported(domain)).toBe(`${word}\n`);
    });
  });
});
