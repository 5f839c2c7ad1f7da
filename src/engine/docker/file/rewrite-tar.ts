import type { Header } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { fillEntry, repackTar, type Repacking } from "../../../base/tar-streams.ts";
import { writeHeader, type TarHeader } from "./tar-header.ts";

/** What becomes of an entry: the entries to be written in its place. Only the last one has its content. */
export type Visit = (header: TarHeader) => Promise<readonly TarHeader[]>;

type Wish = { readonly first: readonly TarHeader[]; readonly visit: Visit };

/**
 * Passes a tar stream on with other headers. Contents are streamed. `first` are entries to begin with. A stream that
 * is no tar is INVALID_INPUT.
 */
export async function* rewriteTar(
  source: AsyncIterable<Uint8Array>,
  { first, visit }: Wish,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rewrite: Repacking["rewrite"] = async (entries, written) => {
    for (const header of first) writeHeader(written, header);
    for await (const entry of entries) {
      const headers = await visit(withDecodedNames(entry.header));
      for (const header of headers.slice(0, -1)) writeHeader(written, header);
      const last = headers.at(-1);
      if (last === undefined) continue;
      const sink = writeHeader(written, last);
      if (last.size === 0) sink.end(undefined);
      else await fillEntry(sink, entry);
    }
  };
  try {
    // Names are taken as bytes, so that those which are not UTF-8 can be told.
    yield* repackTar(source, { namesAsBytes: true, rewrite });
  } catch (error) {
    throw explained(error);
  }
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
