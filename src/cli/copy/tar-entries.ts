import { extract, type Extract, type Header } from "tar-stream";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { writeAll } from "./write-all.ts";

export type TarEntry = {
  readonly header: Header;
  readonly content: AsyncIterable<Uint8Array>;
  /** Passes over what was not read of the content. */
  readonly skip: () => void;
};

/** The entries of a tar stream, each to be read or skipped before the next. */
export async function* tarEntries(tar: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = extract();
  // The loops below meet it too, as a rejection.
  reader.on("error", () => undefined);
  const fed = feed(reader, tar);
  const asCause = async (error: unknown): Promise<unknown> => archiveError((await fed) ?? error);
  try {
    for await (const source of reader) {
      yield { header: source.header, content: chunksOf(source, asCause), skip: () => void source.resume() };
    }
  } catch (error) {
    throw await asCause(error);
  } finally {
    reader.destroy();
    await fed;
  }
}

/** Resolves to the error of the tar stream, where it has failed. */
async function feed(reader: Extract, tar: AsyncIterable<Uint8Array>): Promise<unknown> {
  try {
    await writeAll(reader, tar);
    if (!reader.destroying) reader.end(undefined);
    return undefined;
  } catch (error) {
    reader.destroy(error instanceof Error ? error : new Error(String(error)));
    return error;
  }
}

type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

async function* chunksOf(source: AsyncIterable<unknown>, asCause: (error: unknown) => Promise<unknown>): Chunks {
  try {
    for await (const chunk of source) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw await asCause(error);
  }
}

function archiveError(error: unknown): unknown {
  if (isMoorageError(error)) return error;
  const message = "The archive that came from the sandbox could not be read to its end.";
  return new MoorageError("ENGINE_FAILED", message, { cause: error });
}
