import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Entry, FileEntry, Opened, Source } from "../entry.ts";
import { paddingOf, TAR_END, tarHeader } from "./tar-header.ts";

const PIECE_BYTES = 256 * 1024;
/** How far files are opened ahead of the one that is written. */
const AHEAD_FILES = 24;
const AHEAD_BYTES = 4 * 1024 * 1024;

export type Packing = {
  readonly source: Pick<Source, "open">;
  readonly entries: readonly Entry[];
  readonly signal?: AbortSignal | undefined;
};

/**
 * The entries as a tar archive, in large pieces. What of a source is gone by the time that it is read is left out, as if
 * it had gone before; CONFLICT where a large file becomes shorter while it is read.
 */
export async function* packTar({ source, entries, signal }: Packing): AsyncGenerator<Uint8Array, void, undefined> {
  const ahead = new Ahead(source, entries);
  const pieces = new Pieces();
  try {
    for (const entry of entries) {
      throwIfCanceled(signal);
      if (entry.type !== "file") {
        yield* pieces.add(tarHeader(entry, 0));
      } else if (entry.bytes !== undefined) {
        yield* pieces.add(tarHeader(entry, entry.bytes.length));
        yield* pieces.add(entry.bytes);
        yield* pieces.zeros(paddingOf(entry.bytes.length));
      } else {
        await using file = await ahead.next();
        if (file === undefined) continue;
        yield* pieces.add(tarHeader(entry, file.sizeBytes));
        yield* pieces.fill(file, entry);
        yield* pieces.zeros(paddingOf(file.sizeBytes));
      }
    }
    yield* pieces.add(TAR_END);
    yield* pieces.rest();
  } finally {
    await ahead.close();
  }
}

/** Opens files in their order, some ahead: each is a wait for the disk, and several can be waited for at once. */
class Ahead {
  readonly #source: Pick<Source, "open">;
  readonly #left: IteratorObject<FileEntry, undefined>;
  readonly #opening: { readonly bytes: number; readonly file: Promise<Opened | undefined> }[] = [];
  #bytes = 0;

  constructor(source: Pick<Source, "open">, entries: readonly Entry[]) {
    this.#source = source;
    this.#left = entries
      .values()
      .filter((entry): entry is FileEntry => entry.type === "file" && entry.bytes === undefined);
  }

  async next(): Promise<Opened | undefined> {
    while (this.#opening.length < AHEAD_FILES && this.#bytes < AHEAD_BYTES) {
      const next = this.#left.next();
      if (next.done === true) break;
      const bytes = Math.min(next.value.sizeBytes, PIECE_BYTES);
      const file = this.#source.open(next.value);
      // It is told when its turn comes.
      file.catch(() => undefined);
      this.#opening.push({ bytes, file });
      this.#bytes += bytes;
    }
    const first = this.#opening.shift();
    if (first === undefined) throw new TypeError("There is no file left.");
    this.#bytes -= first.bytes;
    return first.file;
  }

  async close(): Promise<void> {
    for (const { value } of await Promise.allSettled(this.#opening.splice(0).map(({ file }) => file)).then(fulfilled)) {
      await value?.[Symbol.asyncDispose]();
    }
  }
}

function fulfilled<T>(results: readonly PromiseSettledResult<T>[]): readonly PromiseFulfilledResult<T>[] {
  return results.filter((result) => result.status === "fulfilled");
}

/** Collects what is to be sent until there is enough of it. */
class Pieces {
  #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #used = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(bytes.length - at, this.#free);
      this.#piece.set(bytes.subarray(at, at + length), this.#used);
      at += length;
      this.#used += length;
      if (this.#free === 0) yield* this.rest();
    }
  }

  *zeros(count: number): Generator<Uint8Array, void, undefined> {
    yield* this.add(TAR_END.subarray(0, count));
  }

  async *fill(file: Opened, { path }: FileEntry): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = file.sizeBytes; left > 0;) {
      const room = this.#piece.subarray(this.#used, this.#used + Math.min(left, this.#free));
      const length = await file.fill(room);
      if (length === 0) throw becameShorter(path);
      left -= length;
      this.#used += length;
      if (this.#free === 0) yield* this.rest();
    }
  }

  *rest(): Generator<Uint8Array, void, undefined> {
    if (this.#used === 0) return;
    const piece = this.#piece.subarray(0, this.#used);
    // Whoever took it may have it for long.
    this.#piece = Buffer.allocUnsafe(PIECE_BYTES);
    this.#used = 0;
    yield piece;
  }

  get #free(): number {
    return this.#piece.length - this.#used;
  }
}

function becameShorter(path: string): MoorageError {
  return new MoorageError("CONFLICT", `${JSON.stringify(path)} became shorter while it was packed.`, {
    hint: "Try again when nothing writes to it, or leave it out by a line in `.dockerignore`.",
  });
}
