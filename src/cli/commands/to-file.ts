import { resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { Platform } from "../../contracts/platform.ts";
import { refuseExisting, writeNewFile, type NewFile } from "../copy/new-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { Given, OptionSpec, Session } from "../invocation.ts";
import { printable } from "../output/text.ts";

/** Flags of a command whose result can be a file of this host. */
export function toFileOptions(description: string): readonly OptionSpec[] {
  return [
    { flag: "to", takes: "file", description },
    { flag: "force", description: "Replace the file where it is there already." },
  ];
}

/** The file that `--to` names; undefined without it. */
export function namedFile({ options }: Given, { io }: Session): NewFile | undefined {
  const given = options.get("to")?.at(-1);
  if (given === "") {
    throw new MoorageError("INVALID_INPUT", '--to: expected a file of this host (got "").', {
      hint: "Name the file to write, such as image.tar.",
    });
  }
  if (given !== undefined) return { given, path: resolve(io.currentDirectory, given), replace: options.has("force") };
  if (!options.has("force")) return undefined;
  throw new MoorageError("INVALID_INPUT", "--force: expected --to FILE with it.", {
    hint: "Name the file to replace with --to.",
  });
}

type ToWrite = {
  readonly content: AsyncIterable<Uint8Array>;
  /** What it is, in a sentence for people. */
  readonly what: string;
  /** What it is, with --json. */
  readonly told: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
};

/** Writes what is made on a platform with images, and tells of it. */
export async function toFile(
  file: NewFile,
  make: (platform: Platform) => Promise<ToWrite> | ToWrite,
  session: Session,
): Promise<number> {
  const { globals, ui } = session;
  await refuseExisting(file);
  await using platform = await openWithImages(session);
  const { content, what, told, warnings = [] } = await make(platform);
  const bytes = await writeNewFile(file, content);
  for (const warning of warnings) await ui.warning(warning);
  await (globals.json
    ? ui.out(`${JSON.stringify({ ...told, file: file.path, bytes })}\n`)
    : ui.success(`Wrote ${printable(what)} to ${printable(file.given)} (${formatBytes(bytes)}).`));
  return EXIT.ok;
}

export function openWithImages({ globals, host }: Session) {
  return host.openPlatform({ ...(globals.engine === undefined ? {} : { engine: globals.engine }), needsImages: true });
}
