import { Readable } from "node:stream";
import { extract, type Extract } from "tar-stream";

type Entry = Extract extends AsyncIterable<infer T> ? T : never;

/** The entries of a tar stream. Each is to be read, or resumed, before the next one comes. */
export async function* tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry, void, undefined> {
  const archive = extract();
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => archive.destroy(error));
  input.pipe(archive);
  try {
    yield* archive;
  } finally {
    archive.destroy();
    input.destroy();
  }
}

/** A name without its first part: an engine's archive names everything after the directory that it is of. */
export function withoutRoot(name: string): string {
  const at = name.indexOf("/");
  return at === -1 ? "" : name.slice(at + 1);
}
