import { MoorageError } from "../../../base/errors.ts";
import type { ContextRow } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import type { BuildContext } from "./build-context.ts";
import { openStaged, readStaged } from "./staged-file.ts";

/** A context that was staged before, as it was then. Another Dockerfile than its own is chosen when it is staged. */
export async function openStagedContext(
  { context }: Call,
  row: ContextRow,
  dockerfile: string | undefined,
): Promise<BuildContext> {
  if (dockerfile !== undefined && dockerfile !== row.dockerfile.path) {
    const message = `The staged context "${row.id}" has the Dockerfile ${JSON.stringify(row.dockerfile.path)}, not ${JSON.stringify(dockerfile)}.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Stage it again with the Dockerfile that you mean." });
  }
  const file = await openStaged(context, row.id);
  return {
    ...{ dockerfile: row.dockerfile, files: row.files, bytes: row.bytes, ignored: row.ignored, commit: row.commit },
    tar: (signal) => readStaged(file, signal),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
