import { Readable } from "node:stream";
import { extract, pack, type Header, type Pack } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { bytesOf, writeHeader, type TarHeader } from "./tar-header.ts";

/** What becomes of an entry: the entries to be written in its place. Only the last one has its content. */
export type Visit = (header: TarHeader) => Promise<readonly TarHeader[]>;

type Wish = { readonly first: readonly TarHeader[]; readonly visit: Visit };
type Sink = ReturnType<typeof writeHeader>;
type Entry = AsyncIterable<unknown> & { readonly header: Header };

// Names are taken as bytes, so that those which are not UTF-8 can be told.
const EXTRACT_OPTIONS = { highWaterMark: 64 * 1024, filenameEncoding: "latin1" };

/**
 * Passes a tar stream on with other headers. Contents are streamed. `first` are entries to begin with. A stream that
 * is no tar is INVALID_INPUT.
 */
export async function* rewriteTar(
  source: AsyncIterable<Uint8Array>,
  wish: Wish,
): AsyncGenerator<Uint8Array, void, undefined> {
  const written = pack();
  let failure: MoorageError | undefined;
  const copying = copy(source, written, wish).catch((error: unknown) => {
    failure = explained(error);
    written.destroy();
  });
  try {
    yield* bytesOf(written);
  } catch (error) {
    failure ??= explained(error);
  } finally {
    written.destroy();
    await copying;
  }
  if (failure !== undefined) throw failure;
}

async function copy(source: AsyncIterable<Uint8Array>, written: Pack, { first, visit }: Wish): Promise<void> {
  for (const header of first) writeHeader(written, header);
  const archive = extract(EXTRACT_OPTIONS);
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => archive.destroy(error));
  input.pipe(archive);
  try {
    for await (const entry of archive) {
      const headers = await visit(withDecodedNames(entry.header));
      for (const header of headers.slice(0, -1)) writeHeader(written, header);
      await writeEntry(written, entry, headers.at(-1));
    }
    written.finalize();
  } finally {
    archive.destroy();
    input.destroy();
  }
}

async function writeEntry(written: Pack, entry: Entry, header: TarHeader | undefined): Promise<void> {
  const sink = header === undefined ? undefined : writeHeader(written, header);
  for await (const chunk of bytesOf(entry)) {
    if (sink === undefined || sink.destroyed || header?.size === 0) continue;
    if (!sink.write(chunk)) await writable(sink);
  }
  sink?.end(undefined);
}

/** Resolves when the entry takes more, or is given up. */
export function writable(sink: Sink): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      sink.off("drain", end);
      sink.off("close", end);
      resolve();
    };
    sink.on("drain", end);
    sink.on("close", end);
  });
}

function explained(error: unknown): MoorageError {
  if (isMoorageError(error)) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new MoorageError("INVALID_INPUT", `The archive is not a readable tar stream: ${words}`, { cause: error });
}

function withDecodedNames(header: Header): TarHeader {
  const { pax, ...plain } = header;
  const records: object = typeof pax === "object" && pax !== null ? pax : {};
  // Extended records are decoded already, and they are UTF-8 by definition.
  const name = "path" in records ? plain.name : decoded(plain.name);
  const given: string | null = plain.linkname;
  if (given === null) return { ...plain, name };
  return { ...plain, name, linkname: "linkpath" in records ? given : decoded(given) };
}

function decoded(latin1: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, "latin1"));
  } catch (cause) {
    throw new MoorageError("INVALID_INPUT", `The archive has a name that is not UTF-8: "${latin1}".`, { cause });
  }
}
