import { resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import type { ImageExportEvent, ImageExportInput } from "../../contracts/types.ts";
import { refuseExisting, writeNewFile } from "../copy/new-file.ts";
import { EXIT } from "../exit-codes.ts";
import { cliFields, type CliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { inFlagNames } from "../flags/flag-names.ts";
import type { CliCommand, Given, OptionSpec, PositionalSpec, Session } from "../invocation.ts";
import { printable } from "../output/text.ts";
import { operationCommand } from "./operation-command.ts";
import { tellEvents } from "./tell-events.ts";

const OPTIONS: readonly OptionSpec[] = [
  { flag: "to", takes: "file", description: "Write REFERENCE to this file of this host, as an OCI archive." },
  { flag: "force", description: "Replace the file where it is there already." },
];
const POSITIONALS: readonly PositionalSpec[] = [
  { name: "REFERENCE", required: false, description: "Image that `--to` writes, such as agent-env:report-1." },
];

/** `image export`: to registries, which is the row's own; with `--to` to a file, which no row can carry. */
export function exportCommand(operation: OutlinedOperation): CliCommand {
  const row = operationCommand(operation);
  return {
    words: row.words,
    summary: row.summary,
    runs: row.runs,
    ...(row.leaving === undefined ? {} : { leaving: row.leaving }),
    get options() {
      return [...row.options, ...OPTIONS];
    },
    positionals: POSITIONALS,
    notes: ["What --to writes is also what `docker load`, `podman load` and `skopeo` read."],
    execute: async (given, session) => {
      const [reference] = given.positionals;
      const to = given.options.get("to")?.at(-1);
      if (to !== undefined && reference !== undefined) return await toFile(reference, to, { given, session });
      if (to === undefined && reference === undefined) return await toRegistry(operation, given, session);
      throw new MoorageError("INVALID_INPUT", "image export: expected REFERENCE and --to FILE, or --image.", {
        hint: "Write an image to a file with `moorage image export REFERENCE --to FILE`, or push it with `--image SERVICE=REFERENCE`.",
      });
    },
  };
}

type Invoked = { readonly given: Given; readonly session: Session };

async function toFile(reference: string, to: string, { given, session }: Invoked): Promise<number> {
  const { globals, io, signal, ui } = session;
  if (to === "") {
    throw new MoorageError("INVALID_INPUT", '--to: expected a file of this host (got "").', {
      hint: "Name the file to write, such as image.tar.",
    });
  }
  const file = { given: to, path: resolve(io.currentDirectory, to), replace: given.options.has("force") };
  await refuseExisting(file);
  await using platform = await openPlatform(session);
  const bytes = await writeNewFile(file, platform.raw.exportImage({ reference }, { signal }));
  await (globals.json
    ? ui.out(`${JSON.stringify({ reference, file: file.path, bytes })}\n`)
    : ui.success(`Wrote ${printable(reference)} to ${printable(to)} (${formatBytes(bytes)}).`));
  return EXIT.ok;
}

async function toRegistry(operation: OutlinedOperation, given: Given, session: Session): Promise<number> {
  const fields: CliFields = cliFields(operation);
  try {
    const input = (await collectInput(fields, given, session)) as ImageExportInput;
    await using platform = await openPlatform(session);
    let ok = false;
    const watched = async function* (): AsyncGenerator<ImageExportEvent, void, undefined> {
      for await (const event of platform.image.export(input, { signal: session.signal })) {
        if (event.type === "result") ({ ok } = event.result);
        yield event;
      }
    };
    await tellEvents(operation.name, watched(), session);
    return ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    throw inFlagNames(error, fields);
  }
}

function openPlatform({ globals, host }: Session) {
  return host.openPlatform({ ...(globals.engine === undefined ? {} : { engine: globals.engine }), needsImages: true });
}
