import { extract, pack, type Extract, type Header, type Pack } from "tar-stream";

/** An entry of a tar stream that is read; its items are its content. */
export type TarEntry = AsyncIterable<Uint8Array> & { readonly header: Header };
export type TarSink = ReturnType<Pack["entry"]>;

type Bytes = AsyncGenerator<Uint8Array, void, undefined>;

const READ_AHEAD_BYTES = 64 * 1024;

/**
 * The archive that `write` packs, as fast as it is read. Where packing fails, reading fails with the same; a reader that
 * leaves ends packing, and is let go when it has ended.
 */
export async function* packTar(write: (archive: Pack) => Promise<void>): Bytes {
  const archive = pack();
  let failure: { readonly error: unknown } | undefined;
  const writing = write(archive).then(
    () => archive.finalize(),
    (error: unknown) => {
      failure = { error };
      archive.destroy();
    },
  );
  try {
    yield* bytesOf(archive);
  } catch (error) {
    failure ??= { error };
  } finally {
    archive.destroy();
    await writing;
  }
  if (failure !== undefined) throw failure.error;
}

export type Repacking = {
  /** Names of entries are Latin-1, a character for each byte, so that names which are not UTF-8 can be told. */
  readonly namesAsBytes?: boolean;
  readonly rewrite: (entries: AsyncIterable<TarEntry>, archive: Pack) => Promise<void>;
};

/** A tar stream of somebody else's, packed anew while it is read. Nothing of it is read any more once the reader leaves. */
export function repackTar(source: AsyncIterable<Uint8Array>, { namesAsBytes = false, rewrite }: Repacking): Bytes {
  return packTar(async (archive) => {
    const reader = reading({ namesAsBytes });
    // Without an error the loop over its entries would go on waiting.
    archive.once("close", () => reader.destroy(notRead()));
    await rewrite(entriesOf(source, reader), archive);
  });
}

/** The entries of a tar stream. What is not read of one is passed over when the next is asked for. */
export function tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  return entriesOf(source, reading({ namesAsBytes: false }));
}

/** Writes the content of an entry, as fast as the archive is read. */
export async function fillEntry(sink: TarSink, content: AsyncIterable<Uint8Array>): Promise<void> {
  // The archive fails with the same, and tells it.
  sink.on("error", () => undefined);
  for await (const chunk of content) {
    await written(sink, chunk);
    if (sink.destroyed) throw notRead();
  }
  sink.end(undefined);
}

/** The bytes of a stream whose items are not typed. */
export async function* bytesOf(stream: AsyncIterable<unknown>): Bytes {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

function reading({ namesAsBytes }: { readonly namesAsBytes: boolean }): Extract {
  const encoding = namesAsBytes ? { filenameEncoding: "latin1" } : {};
  const reader = extract({ highWaterMark: READ_AHEAD_BYTES, ...encoding });
  // Who reads it is told of it too.
  reader.on("error", () => undefined);
  return reader;
}

function notRead(): Error {
  return new Error("the archive is not read any more");
}

async function* entriesOf(
  source: AsyncIterable<Uint8Array>,
  reader: Extract,
): AsyncGenerator<TarEntry, void, undefined> {
  // What is wrong with the source says more than what that means for what is read of it.
  let broken: { readonly error: unknown } | undefined;
  void feed(source, reader).catch((error: unknown) => {
    broken = { error };
    reader.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const told = async function* (stream: AsyncIterable<unknown>): Bytes {
    try {
      yield* bytesOf(stream);
    } catch (error) {
      throw broken === undefined ? error : broken.error;
    }
  };
  try {
    for await (const entry of reader) {
      yield { header: entry.header, [Symbol.asyncIterator]: () => told(entry) };
      for await (const _rest of told(entry));
    }
  } catch (error) {
    throw broken === undefined ? error : broken.error;
  } finally {
    reader.destroy();
  }
}

/** A source that has nothing to give is not waited for when reading has ended. */
async function feed(source: AsyncIterable<Uint8Array>, reader: Extract): Promise<void> {
  for await (const chunk of source) {
    await written(reader, chunk);
    if (reader.destroyed) return;
  }
  reader.end(undefined);
}

/** Resolves when a stream takes more, or is given up. */
function written(stream: TarSink | Extract, chunk: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.write(chunk)) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      stream.off("drain", end);
      stream.off("close", end);
      resolve();
    };
    stream.on("drain", end);
    stream.on("close", end);
  });
}
