import { MoorageError } from "../../base/errors.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { ImageExportEvent, ImageExportInput } from "../../contracts/types.ts";
import { EXIT } from "../exit-codes.ts";
import { cliFields, type CliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { inFlagNames } from "../flags/flag-names.ts";
import type { CliCommand, Given, PositionalSpec, Session } from "../invocation.ts";
import { operationCommand } from "./operation-command.ts";
import { tellEvents } from "./tell-events.ts";
import { namedFile, openWithImages, toFile, toFileOptions } from "./to-file.ts";

const OPTIONS = toFileOptions("Write REFERENCE to this file of this host, as an OCI archive.");
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
    leaving: (given) =>
      given.options.has("to") ? "Nothing was written, and the image is as it was." : (row.leaving?.(given) ?? ""),
    get options() {
      return [...row.options, ...OPTIONS];
    },
    positionals: POSITIONALS,
    notes: ["What --to writes is also what `docker load`, `podman load` and `skopeo` read."],
    execute: async (given, session) => {
      const [reference] = given.positionals;
      const file = namedFile(given, session);
      if (file !== undefined && reference !== undefined) {
        refuseRegistryFlags(operation, given);
        const { signal } = session;
        const read = ({ raw }: Platform) => ({
          content: raw.exportImage({ reference }, { signal }),
          what: reference,
          told: { reference },
        });
        return await toFile(file, read, session);
      }
      if (file === undefined && reference === undefined) return await toRegistry(operation, given, session);
      throw new MoorageError("INVALID_INPUT", "image export: expected REFERENCE and --to FILE, or --image.", {
        hint: "Write an image to a file with `moorage image export REFERENCE --to FILE`, or push it with `--image SERVICE=REFERENCE`.",
      });
    },
  };
}

/** What is only about registries says nothing of a file. */
function refuseRegistryFlags(operation: OutlinedOperation, { options }: Given): void {
  const labels = cliFields(operation).flags.flatMap(({ flag, label }) => (options.has(flag) ? [label] : []));
  if (labels.length === 0) return;
  throw new MoorageError("INVALID_INPUT", `image export: expected no ${labels.join(", no ")} with --to FILE.`, {
    hint: "Leave out what is for a registry, or push without REFERENCE and --to: `moorage image export --image SERVICE=REFERENCE`.",
  });
}

async function toRegistry(operation: OutlinedOperation, given: Given, session: Session): Promise<number> {
  const fields: CliFields = cliFields(operation);
  try {
    const input = (await collectInput(fields, given, session)) as ImageExportInput;
    await using platform = await openWithImages(session);
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
