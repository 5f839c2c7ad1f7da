import { MoorageError } from "../../base/errors.ts";
import type { FilePart } from "../../contracts/raw.ts";
import type { FileCall } from "./file-call.ts";
import { entryPath } from "./sandbox-path.ts";

export type PartWish = {
  readonly path: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
};

/** Opens a file, or a part of it; whoever asks disposes of it. */
export async function openPart({ context, sandbox, signal }: FileCall, input: PartWish): Promise<FilePart> {
  const { offset = 0, length } = input;
  checkNumbers(offset, length);
  const path = entryPath(input.path);
  const file = await context.engine.files.open(sandbox.id, path, signal);
  const { sizeBytes } = file;
  const from = offset < 0 ? Math.max(0, sizeBytes + offset) : offset;
  if (from > 0 && from >= sizeBytes) {
    await file[Symbol.asyncDispose]();
    throw notSatisfiable(path, { offset, sizeBytes });
  }
  const taken = Math.min(length ?? sizeBytes, sizeBytes - from);
  return {
    sizeBytes,
    offset: from,
    length: taken,
    content: file.read(from, taken),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function checkNumbers(offset: number, length: number | undefined): void {
  if (!Number.isSafeInteger(offset)) {
    throw new MoorageError("INVALID_INPUT", `offset: expected a whole number of bytes (got ${offset}).`);
  }
  if (offset < 0 && length !== undefined) {
    throw new MoorageError("INVALID_INPUT", "length: expected none with an offset that counts from the end.");
  }
  if (length !== undefined && (!Number.isSafeInteger(length) || length < 1)) {
    throw new MoorageError("INVALID_INPUT", `length: expected a whole number of bytes from 1 on (got ${length}).`);
  }
}

function notSatisfiable(
  path: string,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): MoorageError {
  const message = `${JSON.stringify(path)} has ${sizeBytes} bytes, so nothing can be read from byte ${offset} on.`;
  return new MoorageError("RANGE_NOT_SATISFIABLE", message, { details: { sizeBytes } });
}
