import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runOrThrow } from "../../scripts/setup/run-program.ts";
import { newId } from "../../src/base/ids.ts";
import { openHome } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";

const MIB = 1024 * 1024;
const LAYER_MIB = 300;
/** What a server may take for streams of such an image, most of it what waits to be collected. */
const MOST_BYTES = 200 * MIB;

it(
  "images with a layer of 300 MiB come in and go out through a server in bounded memory",
  { timeout: 400_000 },
  async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    await using undo = new AsyncDisposableStack();
    const { image, raw } = server.sdk;
    const tag = `agent-env:large-${newId()}`;
    const dockerfile = `FROM busybox:latest\nRUN head -c ${LAYER_MIB * MIB} /dev/urandom > /large\n`;
    undo.defer(async () => void (await image.remove({ reference: tag })));
    await Array.fromAsync(image.build({ files: { Dockerfile: dockerfile }, tag }));
    const { digest } = await image.exists({ reference: tag });
    const before = await server.peakMemory();

    const plain = join(home.root, "image.tar");
    await writeFile(plain, raw.exportImage({ reference: tag }));
    const packed = async (format: "gzip" | "zstd"): Promise<string> => {
      const file = join(home.root, `${format}.tar`);
      const compress = ["--dest-compress", "--dest-compress-format", format, "--dest-compress-level", "1"];
      await runOrThrow(["skopeo", "copy", ...compress, `oci-archive:${plain}`, `oci-archive:${file}`], {
        deadlineMs: 120_000,
      });
      return file;
    };
    for (const file of [plain, await packed("gzip"), await packed("zstd")]) {
      const imported = await raw.importImage({ tag: `large-${newId()}` }, createReadStream(file));
      undo.defer(async () => void (await image.remove({ reference: imported.reference })));
      expect(imported.digest).toBe(digest);
    }
    expect(await image.sbom({ reference: tag })).toMatchObject({ components: 0 });
    expect((await server.peakMemory()) - before).toBeLessThan(MOST_BYTES);
  },
);
