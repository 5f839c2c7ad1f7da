import { MoorageError } from "../../base/errors.ts";
import { FileMode } from "../../contracts/file.ts";
import type { RawOperations, WriteInput } from "../../contracts/raw.ts";
import type { FileCall, FilesOf } from "./file-call.ts";
import { parseMode } from "./files.ts";
import { openPart } from "./open-part.ts";
import { entryPath, sandboxPath } from "./sandbox-path.ts";

/** What carries bytes. */
export function rawOperations(filesOf: FilesOf): Omit<RawOperations, "stage" | "exportImage" | "importImage"> {
  return {
    download: async function* ({ id, path }, options) {
      const { context, sandbox, signal } = await filesOf(id, options);
      yield* context.engine.files.download(sandbox.id, sandboxPath(path), signal);
    },
    upload: async ({ id, path }, tar, options) => {
      const { context, sandbox, signal } = await filesOf(id, options);
      await context.engine.files.upload(sandbox.id, { path: sandboxPath(path), tar }, signal);
    },
    read: async (input, options) => openPart(await filesOf(input.id, options), input),
    write: async (input, content, options) => writePart(await filesOf(input.id, options), input, content),
  };
}

async function writePart(
  { context, sandbox, signal }: FileCall,
  input: WriteInput,
  content: AsyncIterable<Uint8Array>,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  const path = entryPath(input.path);
  const mode = FileMode.safeParse(input.mode ?? "0644");
  if (!mode.success) {
    const why = mode.error.issues[0]?.message;
    throw new MoorageError("INVALID_INPUT", `mode: ${why} (got ${JSON.stringify(input.mode)}).`);
  }
  const wish = { path, content, mode: parseMode(mode.data) };
  return { path, ...(await context.engine.files.write(sandbox.id, wish, signal)) };
}
