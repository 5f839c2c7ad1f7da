import { mkdir, open, rm, type FileHandle } from "node:fs/promises";
import type { OutputStream, RunLogWriter } from "../run-logs.ts";
import { encodeFrame, encodeGap, HEADER_BYTES, MAX_DATA_BYTES, segmentPath } from "./log-format.ts";

/** What may wait to be written before the run is slowed down. */
const QUEUE_BYTES = 1024 * 1024;
const BATCH_BYTES = 1024 * 1024;
/** Of the capacity's four segments two keep the head; the others are the ring that keeps the tail. */
const SEGMENTS = 4;
const HEAD_SEGMENTS = 2;

export type LogPlace = {
  readonly directory: string;
  /** Bytes that the log takes on disk at most, about. */
  readonly capacity: number;
  readonly onWritten: () => void;
};

type Queued = { readonly frame: Buffer; readonly offset: number; readonly end: number };

/** `bytes`: what it takes on disk; `end`: the offset behind its last byte, where its next frame begins, or a gap. */
type Segment = { readonly file: FileHandle; bytes: number; end: number };

/** Appends to the segments of one log. Nothing is made on disk before something was printed. */
export class LogWriter implements RunLogWriter {
  readonly #place: LogPlace;
  readonly #queue: Queued[] = [];
  readonly #starts: number[] = [];
  #queuedBytes = 0;
  #segment: Segment | undefined;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;
  #end = 0;

  constructor(place: LogPlace) {
    this.#place = place;
  }

  get end(): number {
    return this.#end;
  }

  failure = (): Error | undefined => this.#failure;

  async append(stream: OutputStream, data: Uint8Array, time: number): Promise<void> {
    for (let from = 0; from < data.length; from += MAX_DATA_BYTES) {
      const piece = data.subarray(from, from + MAX_DATA_BYTES);
      const end = this.#end + piece.length;
      if (this.#failure === undefined)
        this.#enqueue({ frame: encodeFrame(stream, piece, time), offset: this.#end, end });
      this.#end = end;
    }
    if (this.#queue.length > 0) this.#writing ??= this.#write();
    while (this.#queuedBytes > QUEUE_BYTES && this.#failure === undefined) await this.#writing;
  }

  skip(bytes: number): void {
    this.#end += bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#segment?.file.close();
    this.#segment = undefined;
  }

  #enqueue(queued: Queued): void {
    this.#queue.push(queued);
    this.#queuedBytes += queued.frame.length;
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = await this.#nextBatch();
        await batch.file.writev(batch.frames);
        this.#place.onWritten();
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#queue.length = 0;
      this.#queuedBytes = 0;
    } finally {
      this.#writing = undefined;
    }
  }

  /** The frames that go into the present segment, taken from the queue. */
  async #nextBatch(): Promise<{ readonly file: FileHandle; readonly frames: Buffer[] }> {
    const capacity = Math.floor(this.#place.capacity / SEGMENTS);
    const segment = await this.#segmentFor(capacity);
    const frames: Buffer[] = [];
    let bytes = 0;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const fits = segment.bytes + bytes + bytesIn(segment, next) <= capacity && bytes < BATCH_BYTES;
      if (!fits && segment.bytes + bytes > 0) break;
      this.#queue.shift();
      this.#queuedBytes -= next.frame.length;
      bytes += bytesIn(segment, next);
      if (segment.end !== next.offset) frames.push(encodeGap(next.offset - segment.end));
      frames.push(next.frame);
      segment.end = next.end;
    }
    segment.bytes += bytes;
    return { file: segment.file, frames };
  }

  async #segmentFor(capacity: number): Promise<Segment> {
    const next = this.#queue[0];
    const present = this.#segment;
    if (next === undefined) throw new TypeError("There is nothing to write.");
    if (present !== undefined && present.bytes + bytesIn(present, next) <= capacity) return present;
    await present?.file.close();
    this.#segment = undefined;
    const { directory } = this.#place;
    if (this.#starts.length === 0) await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(segmentPath(directory, next.offset), "ax", 0o600);
    this.#segment = { file, bytes: 0, end: next.offset };
    this.#starts.push(next.offset);
    if (this.#starts.length > SEGMENTS) {
      const [dropped] = this.#starts.splice(HEAD_SEGMENTS, 1);
      if (dropped !== undefined) await rm(segmentPath(directory, dropped), { force: true });
    }
    return this.#segment;
  }
}

/** What a frame takes in a segment, with the gap before it. A segment that begins with a frame needs none. */
function bytesIn({ end }: Segment, { frame, offset }: Queued): number {
  return frame.length + (end === offset ? 0 : HEADER_BYTES);
}
