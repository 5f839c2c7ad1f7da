import type { Readable } from "node:stream";
import { Channel } from "../../../base/channel.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { OutputChunk } from "../../engine.ts";
import { arrivals } from "./arrivals.ts";
import { createDemultiplexer, unframed } from "./demultiplex.ts";
import { EndMark } from "./end-mark.ts";
import { settledWithin } from "./settled-within.ts";

// While it is full the program waits. An engine holds back about 1.5 MiB of its own, which must fit once over.
const CAPACITY_BYTES = 2 * 1024 * 1024;
/** What a queued chunk costs beside its data; a program may print byte by byte. */
const CHUNK_COST_BYTES = 200;
const MAX_LINE_BYTES = 1024;
/** After the process is gone: how long nothing may come, and how long it may take in all, without and with a reader. */
const QUIET_MS = 200;
const FINISH_MS = 2_000;
const READER_MS = 30_000;
/** How long a released output waits for a reader that takes nothing. A killed run's connection must not stand still. */
const PATIENCE_MS = 1_000;
const NEWLINE = 10;

type OutputOptions = {
  /** On a terminal: what it repeats before the first line. */
  readonly echo?: string;
  /** How many lines are for us, before what is the program's. @default 1 */
  readonly lines?: number;
  /** Words that end both streams, whatever becomes of the connection. @default none: they end with the connection */
  readonly end?: string;
};

/** The output of a process, read from its hijacked connection: first lines for us, then what is the program's. */
export class AttachedOutput {
  readonly #socket: Readable;
  readonly #echo: string | undefined;
  readonly #channel = new Channel<OutputChunk>(CAPACITY_BYTES);
  readonly #lines: PromiseWithResolvers<string | undefined>[];
  readonly #marks: { readonly stdout: EndMark; readonly stderr: EndMark } | undefined;
  #line: Buffer | undefined = Buffer.alloc(0);
  /** How many of the lines have come. */
  #seen = 0;
  #bytes = 0;
  /** Of what nobody took after the release, since that was last told. */
  readonly #lost = { stdout: 0, stderr: 0 };
  /** True while the reader is waited for. */
  #waits = false;
  /** True once the reader was waited for no longer. */
  #readerIsLate = false;
  #finished = false;
  #failure: unknown;

  /** Resolves when both streams have, or the connection, for whatever reason. */
  readonly ended: Promise<void>;

  constructor(socket: Readable, { echo, lines = 1, end }: OutputOptions = {}) {
    this.#socket = socket;
    if (end !== undefined) this.#marks = { stdout: new EndMark(end), stderr: new EndMark(end) };
    this.#lines = Array.from({ length: lines }, () => Promise.withResolvers());
    this.#echo = echo;
    // The loop below sees the same error; a listener keeps it from being an uncaught event after the loop.
    socket.on("error", ignore);
    this.ended = this.#pump();
  }

  /** The first line of stdout without its newline; undefined when the output ended before it did. */
  get firstLine(): Promise<string | undefined> {
    return this.line(0);
  }

  /** One of the lines that are for us. */
  line(index: number): Promise<string | undefined> {
    return this.#lines[index]?.promise ?? Promise.resolve(undefined);
  }

  get chunks(): AsyncIterable<OutputChunk> {
    return this.#channel;
  }

  /** What the words that end it tell; undefined before they have come in both streams. */
  get told(): string | undefined {
    return this.#marks?.stderr.told === undefined ? undefined : this.#marks.stdout.told;
  }

  /** True where words should have ended it and have not come, though its reader was not too slow for them. */
  get isCutOff(): boolean {
    return this.#marks !== undefined && this.told === undefined && !this.#readerIsLate;
  }

  /** Why the connection broke, when it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * From now on the connection is read as fast as its reader takes what comes, and does not wait for one that takes
   * nothing. To be called before anything is killed: an engine whose stream is not read while its process is killed
   * blocks other runs of that container.
   */
  release(): void {
    this.#channel.release(PATIENCE_MS);
  }

  /** Ends the output once its process is gone: what is printed already still comes, though others may hold stdout. */
  async finish(): Promise<void> {
    this.release();
    const begin = performance.now();
    const took = (): number => performance.now() - begin;
    for (let looks = FINISH_MS / QUIET_MS; looks > 0 && took() < READER_MS;) {
      const before = this.#bytes;
      if (await settledWithin(this.ended, QUIET_MS)) break;
      // That nothing comes while the reader is behind is no silence.
      if (this.#waits) continue;
      if (this.#bytes === before && !this.isCutOff) break;
      looks -= 1;
    }
    this.#readerIsLate = took() >= READER_MS;
    await this.close();
  }

  /** Ends the output at once, and its connection unless that goes on. */
  async close(): Promise<void> {
    this.#finished = true;
    this.release();
    if (this.told === undefined) this.#socket.destroy();
    await this.ended;
  }

  async #pump(): Promise<void> {
    try {
      const demultiplexer = this.#echo === undefined ? createDemultiplexer() : unframed;
      for await (const bytes of arrivals(this.#socket)) {
        this.#bytes += bytes.length;
        for (const chunk of demultiplexer.push(bytes)) await this.#take(chunk);
        if (this.told !== undefined) break;
      }
      if (!demultiplexer.isWhole()) throw new MoorageError("ENGINE_FAILED", "The engine's output ended in the middle.");
    } catch (error) {
      if (!this.#finished) this.#failure = error;
    } finally {
      await this.#giveBackLine();
      await this.#giveBackMarks();
      for (const stream of ["stdout", "stderr"] as const) await this.#tellLost(stream);
      this.#channel.close();
      if (this.told !== undefined) this.#socket.off("error", ignore);
    }
  }

  async #take(chunk: OutputChunk): Promise<void> {
    if (this.#line === undefined || chunk.stream === "stderr") return this.#push(chunk);
    const seen = Buffer.concat([this.#line, chunk.data]);
    const end = seen.indexOf(NEWLINE);
    if (end >= 0) {
      const line = seen.subarray(0, end).toString();
      const rest: OutputChunk = { stream: "stdout", data: seen.subarray(end + 1) };
      const shown = this.#echo === undefined ? line : line.replace(/\r$/, "");
      if (shown !== this.#echo) this.#lines[this.#seen++]?.resolve(shown);
      this.#line = this.#seen < this.#lines.length ? Buffer.alloc(0) : undefined;
      return this.#take(rest);
    }
    this.#line = seen;
    if (seen.length > MAX_LINE_BYTES) await this.#giveBackLine();
  }

  // What did not become a line is not ours: an engine's own words on why nothing started.
  async #giveBackLine(): Promise<void> {
    const data = this.#line;
    this.#line = undefined;
    if (data === undefined) return;
    for (const line of this.#lines) line.resolve(undefined);
    await this.#push({ stream: "stdout", data });
  }

  // What could have been the beginning of an end that has not come.
  async #giveBackMarks(): Promise<void> {
    if (this.#marks === undefined || this.told !== undefined) return;
    for (const stream of ["stdout", "stderr"] as const) await this.#queue(stream, this.#marks[stream].rest());
  }

  #push({ stream, data }: OutputChunk): Promise<void> {
    return this.#queue(stream, this.#marks?.[stream].pass(data) ?? data);
  }

  async #queue(stream: OutputChunk["stream"], data: Uint8Array): Promise<void> {
    if (data.length === 0) return;
    const lostBytes = this.#lost[stream];
    this.#waits = true;
    const taken = await this.#channel.push(
      { stream, data, ...(lostBytes === 0 ? {} : { lostBytes }) },
      data.length + CHUNK_COST_BYTES,
    );
    this.#waits = false;
    this.#lost[stream] = taken ? 0 : lostBytes + data.length;
  }

  async #tellLost(stream: OutputChunk["stream"]): Promise<void> {
    const lostBytes = this.#lost[stream];
    if (lostBytes > 0) await this.#channel.push({ stream, data: new Uint8Array(), lostBytes });
  }
}

function ignore(): void {
  // Seen by whoever reads.
}

/** What an output says, as text, up to a cap: for messages about something that did not start. */
export async function textOf(chunks: AsyncIterable<OutputChunk>, maxBytes = 4096): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const { data } of chunks) {
    parts.push(data.subarray(0, maxBytes - bytes));
    bytes += data.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(parts).toString().trim();
}
