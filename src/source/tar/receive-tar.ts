import type { FileHandle } from "node:fs/promises";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { Limits } from "../collect.ts";
import { ByteReader } from "./byte-reader.ts";
import { paxRecords, readHeader, type RawHeader } from "./read-header.ts";
import { BLOCK, paddingOf } from "./tar-header.ts";
import { TarIndex, type ArchiveEntries } from "./tar-index.ts";

export type Receiving = {
  /** Where the contents go, one after another. */
  readonly into: FileHandle;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
};

const MAX_EXTENDED_BYTES = 1024 * 1024;
/** So many times as many as may be built from: the rest may be left out. */
const PATIENCE = 4;

/**
 * Takes an archive as it comes: contents are written down, and entries noted. INVALID_INPUT where it is none, is cut off,
 * or has names that lead out; LIMIT_EXCEEDED before more is written than is allowed.
 */
export async function receiveTar(tar: AsyncIterable<Uint8Array>, receiving: Receiving): Promise<ArchiveEntries> {
  await using reader = new ByteReader(tar);
  const receiver = new Receiver(reader, receiving);
  return await receiver.receive();
}

type Extended = { readonly path?: Buffer; readonly target?: Buffer; readonly records?: ReadonlyMap<string, Buffer> };

class Receiver {
  readonly #reader: ByteReader;
  readonly #receiving: Receiving;
  readonly #index = new TarIndex();
  #extended: Extended = {};
  #written = 0;
  #headers = 0;

  constructor(reader: ByteReader, receiving: Receiving) {
    this.#reader = reader;
    this.#receiving = receiving;
  }

  async receive(): Promise<ArchiveEntries> {
    for (;;) {
      throwIfCanceled(this.#receiving.signal);
      const block = await this.#reader.take(BLOCK);
      if (block.length < BLOCK) throw this.#headers === 0 && block.length === 0 ? empty() : cutOff();
      if (block.every((byte) => byte === 0)) break;
      const header = readHeader(block);
      if (header === undefined) throw this.#headers === 0 ? noArchive() : damaged();
      this.#headers += 1;
      if (this.#headers > this.#receiving.limits.maxFiles * PATIENCE * 2) throw tooMany(this.#receiving.limits);
      await this.#entry(header);
    }
    await this.#reader.drain();
    return this.#index.finished();
  }

  async #entry(header: RawHeader): Promise<void> {
    switch (header.type) {
      case "x":
        this.#extended = { ...this.#extended, records: await this.#records(header) };
        return;
      case "g":
        // What holds for all entries, such as Git's commit: nothing that is needed.
        await this.#small(header);
        return;
      case "L":
        this.#extended = { ...this.#extended, path: withoutEnd(await this.#small(header)) };
        return;
      case "K":
        this.#extended = { ...this.#extended, target: withoutEnd(await this.#small(header)) };
        return;
      default: {
        const told = withExtended(header, this.#extended);
        this.#extended = {};
        const offset = this.#written;
        await this.#content(told);
        this.#index.add(told, offset);
      }
    }
  }

  async #records(header: RawHeader): Promise<ReadonlyMap<string, Buffer>> {
    const records = paxRecords(await this.#small(header));
    if (records === undefined) throw damaged();
    return records;
  }

  /** What describes the entry that follows. */
  async #small({ sizeBytes }: RawHeader): Promise<Buffer> {
    if (sizeBytes > MAX_EXTENDED_BYTES) throw damaged();
    const bytes = await this.#reader.take(sizeBytes + paddingOf(sizeBytes));
    if (bytes.length < sizeBytes + paddingOf(sizeBytes)) throw cutOff();
    return bytes.subarray(0, sizeBytes);
  }

  async #content({ name, sizeBytes }: RawHeader): Promise<void> {
    const { into, limits, signal } = this.#receiving;
    if (sizeBytes > limits.maxFileBytes) {
      throw tooLarge(JSON.stringify(name.toString("utf8")), sizeBytes, { cap: "maxFileBytes", limits });
    }
    if (this.#written + sizeBytes > limits.maxBytes) {
      throw tooLarge("what is in it", this.#written + sizeBytes, { cap: "maxBytes", limits });
    }
    const end = this.#written + sizeBytes;
    for await (const piece of this.#reader.pieces(sizeBytes)) {
      throwIfCanceled(signal);
      await into.writeFile(piece);
      this.#written += piece.length;
    }
    const padding = paddingOf(sizeBytes);
    if (this.#written < end || (await this.#reader.take(padding)).length < padding) throw cutOff();
  }
}

function withExtended(header: RawHeader, { path, target, records = new Map() }: Extended): RawHeader {
  const text = (key: string): string | undefined => records.get(key)?.toString("latin1");
  const size = text("size") ?? String(header.sizeBytes);
  const mtime = Math.floor(Number(text("mtime") ?? header.mtime));
  if (!/^\d{1,15}$/.test(size) || !Number.isSafeInteger(mtime)) throw damaged();
  return {
    ...header,
    name: records.get("path") ?? path ?? header.name,
    target: records.get("linkpath") ?? target ?? header.target,
    type: records.keys().some((key) => key.startsWith("GNU.sparse.")) ? "S" : header.type,
    ...{ sizeBytes: Number(size), mtime },
  };
}

/** GNU ends long names with a zero. */
function withoutEnd(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function invalid(problem: string, hint: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `The build context ${problem}.`, { hint });
}

const SEND_TAR = "Send what `tar -c .` writes, plain or with gzip.";

function empty(): MoorageError {
  return invalid("is empty: expected a tar archive, got no bytes", SEND_TAR);
}

function noArchive(): MoorageError {
  return invalid("is no tar archive", SEND_TAR);
}

function damaged(): MoorageError {
  return invalid("is a damaged tar archive: a header in it cannot be read", SEND_TAR);
}

function cutOff(): MoorageError {
  return invalid("is a tar archive that was cut off before its end", "Send it again, whole.");
}

function tooMany({ maxFiles }: Limits): MoorageError {
  const message = `The build context has more than ${maxFiles * PATIENCE} entries; at most ${maxFiles} are allowed.`;
  return new MoorageError("LIMIT_EXCEEDED", message, {
    hint: "Pack only what the image needs, or raise build.context.maxFiles in moorage.config.json.",
    details: { maxFiles },
  });
}

type Cap = { readonly cap: "maxBytes" | "maxFileBytes"; readonly limits: Limits };

function tooLarge(what: string, bytes: number, { cap, limits }: Cap): MoorageError {
  const most = limits[cap];
  const message = `The build context is too large: ${what} has ${formatBytes(bytes)} or more; at most ${formatBytes(most)} are allowed.`;
  return new MoorageError("LIMIT_EXCEEDED", message, {
    hint: `Pack only what the image needs, or raise build.context.${cap} in moorage.config.json.`,
    details: { [cap]: most },
  });
}
