import { open, readdir, type FileHandle } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";
import type { LogFrame, RunLogReader } from "../run-logs.ts";
import { decodeHeader, HEADER_BYTES, segmentPath, segmentStart, type Header } from "./log-format.ts";

type Segment = { readonly file: FileHandle; position: number; offset: number };

/** Reads the segments of one log in their order, and waits at their end for more. */
export class LogReader implements RunLogReader {
  readonly #directory: string;
  #segment: Segment | undefined;
  /** Of the next byte to answer. */
  #offset: number;

  constructor(directory: string, offset: number) {
    this.#directory = directory;
    this.#offset = offset;
  }

  async next(): Promise<LogFrame | undefined> {
    try {
      return await this.#next();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MoorageError("STATE_UNUSABLE", `The log in ${this.#directory} cannot be read: ${reason}.`, {
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#segment?.file.close();
    this.#segment = undefined;
  }

  async #next(): Promise<LogFrame | undefined> {
    for (;;) {
      const frame = await this.#nextInSegment();
      if (frame !== undefined) return frame;
      const starts = await this.#starts();
      const following = this.#segment === undefined ? segmentWith(starts, this.#offset) : this.#exactNext(starts);
      if (following !== undefined) {
        await this.#enter(following);
        continue;
      }
      const later = starts.find((start) => start > this.#offset);
      if (later === undefined) return undefined;
      // The writer may have filled this segment before it began the later one.
      const missed = await this.#nextInSegment();
      if (missed !== undefined) return missed;
      const gap: LogFrame = { type: "gap", offset: this.#offset, bytes: later - this.#offset };
      this.#offset = later;
      await this.#enter(later);
      return gap;
    }
  }

  #exactNext(starts: readonly number[]): number | undefined {
    const next = this.#segment?.offset;
    return starts.find((start) => start === next && start >= this.#offset);
  }

  async #starts(): Promise<readonly number[]> {
    const names = await readdir(this.#directory).catch(absentAs<string[]>([]));
    return names
      .map(segmentStart)
      .filter((start) => start !== undefined)
      .toSorted((a, b) => a - b);
  }

  async #enter(start: number): Promise<void> {
    await this.#segment?.file.close();
    this.#segment = undefined;
    const file = await open(segmentPath(this.#directory, start), "r").catch(absentAs(undefined));
    // The ring has dropped it since it was listed: the next look finds what is there now.
    if (file !== undefined) this.#segment = { file, position: 0, offset: start };
  }

  /** The next frame of the present segment at or after the offset, cut where the offset lies inside of it. */
  async #nextInSegment(): Promise<LogFrame | undefined> {
    const segment = this.#segment;
    if (segment === undefined) return undefined;
    for (;;) {
      const header = await readHeader(segment);
      if (header === undefined) return undefined;
      const { stream, time, length } = header;
      const skipped = Math.min(length, Math.max(0, this.#offset - segment.offset));
      const isHere = stream !== undefined && skipped < length;
      const data = !isHere ? new Uint8Array() : await readData(segment, header);
      if (data === undefined) return undefined;
      segment.position += HEADER_BYTES + (stream === undefined ? 0 : length);
      segment.offset += length;
      if (skipped === length) continue;
      const offset = segment.offset - length + skipped;
      this.#offset = segment.offset;
      if (stream === undefined) return { type: "gap", offset, bytes: length - skipped };
      return { type: "output", stream, offset, time, data: data.subarray(skipped) };
    }
  }
}

/** The segment that has this byte, or will have it. */
function segmentWith(starts: readonly number[], offset: number): number | undefined {
  return starts.findLast((start) => start <= offset);
}

async function readHeader({ file, position }: Segment): Promise<Header | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, position);
  return decodeHeader(buffer.subarray(0, bytesRead));
}

/** Undefined while the frame is not whole. */
async function readData({ file, position }: Segment, { length }: Header): Promise<Uint8Array | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position + HEADER_BYTES);
  return bytesRead === length ? buffer : undefined;
}

function absentAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}
