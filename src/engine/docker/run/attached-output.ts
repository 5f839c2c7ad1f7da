import type { Readable } from "node:stream";
import { Channel } from "../../../base/channel.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { OutputChunk } from "../../engine.ts";
import { arrivals } from "./arrivals.ts";
import { createDemultiplexer, unframed } from "./demultiplex.ts";
import { settledWithin } from "./settled-within.ts";

// While it is full the program waits. An engine holds back about 1.5 MiB of its own, which must fit once over.
const CAPACITY_BYTES = 2 * 1024 * 1024;
/** What a queued chunk costs beside its data; a program may print byte by byte. */
const CHUNK_COST_BYTES = 200;
const MAX_LINE_BYTES = 1024;
/** After the process is gone: how long nothing may come, and how long it may take in all. */
const QUIET_MS = 200;
const FINISH_MS = 2_000;
const NEWLINE = 10;

type OutputOptions = {
  /** On a terminal: what it repeats before the first line. */
  readonly echo?: string;
  /** How many lines are for us, before what is the program's. @default 1 */
  readonly lines?: number;
};

/** The output of a process, read from its hijacked connection: first lines for us, then what is the program's. */
export class AttachedOutput {
  readonly #socket: Readable;
  readonly #echo: string | undefined;
  readonly #channel = new Channel<OutputChunk>(CAPACITY_BYTES);
  readonly #lines: PromiseWithResolvers<string | undefined>[];
  #line: Buffer | undefined = Buffer.alloc(0);
  /** How many of the lines have come. */
  #seen = 0;
  #bytes = 0;
  #finished = false;
  #failure: unknown;

  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;

  constructor(socket: Readable, { echo, lines = 1 }: OutputOptions = {}) {
    this.#socket = socket;
    this.#lines = Array.from({ length: lines }, () => Promise.withResolvers());
    this.#echo = echo;
    // The loop below sees the same error; a listener keeps it from being an uncaught event after the loop.
    socket.on("error", () => undefined);
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

  /** Why the connection broke, when it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * From now on the connection is read without waiting for the reader. To be called before anything is killed: an
   * engine whose stream is not read while its process is killed blocks other runs of that container.
   */
  release(): void {
    this.#channel.release();
  }

  /** Ends the output once its process is gone: what is printed already still comes, though others may hold stdout. */
  async finish(): Promise<void> {
    this.release();
    const begin = performance.now();
    for (let before = -1; before !== this.#bytes && performance.now() - begin < FINISH_MS;) {
      before = this.#bytes;
      if (await settledWithin(this.ended, QUIET_MS)) break;
    }
    await this.close();
  }

  /** Ends the output at once. */
  async close(): Promise<void> {
    this.#finished = true;
    this.release();
    this.#socket.destroy();
    await this.ended;
  }

  async #pump(): Promise<void> {
    try {
      const demultiplexer = this.#echo === undefined ? createDemultiplexer() : unframed;
      for await (const bytes of arrivals(this.#socket)) {
        this.#bytes += bytes.length;
        for (const chunk of demultiplexer.push(bytes)) await this.#take(chunk);
      }
      if (!demultiplexer.isWhole()) throw new MoorageError("ENGINE_FAILED", "The engine's output ended in the middle.");
    } catch (error) {
      if (!this.#finished) this.#failure = error;
    } finally {
      await this.#giveBackLine();
      this.#channel.close();
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

  async #push(chunk: OutputChunk): Promise<void> {
    if (chunk.data.length > 0) await this.#channel.push(chunk, chunk.data.length + CHUNK_COST_BYTES);
  }
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
