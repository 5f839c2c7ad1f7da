import { constants, open } from "node:fs/promises";
import { resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import { hostFileError } from "../copy/host-file-error.ts";
import { EXIT } from "../exit-codes.ts";
import type { CliCommand } from "../invocation.ts";
import { printable } from "../output/text.ts";
import { openWithImages } from "./to-file.ts";

const PIECE_BYTES = 256 * 1024;

/** A file of this host as an image. */
export const importCommand: CliCommand = {
  words: ["image", "import"],
  summary: "Make an image of an archive: an OCI layout, or what `docker save` writes.",
  options: [
    {
      flag: "tag",
      short: "t",
      takes: "tag",
      description: "What the image is called: `agent-env:TAG`, or TAG alone; by the time otherwise.",
    },
  ],
  positionals: [{ name: "FILE", required: true, description: "Archive of this host, of one image for one platform." }],
  runs: false,
  execute: async ({ options, positionals: [given = ""] }, session) => {
    const { globals, io, signal, ui } = session;
    await using file = await openFile(resolve(io.currentDirectory, given), given);
    await using platform = await openWithImages(session);
    const content = file.createReadStream({ autoClose: false, highWaterMark: PIECE_BYTES });
    const tag = options.get("tag")?.at(-1);
    const image = await platform.raw.importImage(tag === undefined ? {} : { tag }, content, { signal });
    if (globals.json) await ui.out(`${JSON.stringify(image)}\n`);
    else {
      await ui.out(`${image.reference}\n`);
      await ui.success(`Imported ${printable(given)} (${formatBytes(image.sizeBytes)}).`);
    }
    return EXIT.ok;
  },
};

async function openFile(path: string, given: string) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw hostFileError(error, given);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new MoorageError("INVALID_INPUT", `${JSON.stringify(given)} on this host is no file.`, {
    hint: "Pack an OCI layout that is a directory first: `tar -C DIRECTORY -cf image.tar .`.",
  });
}
