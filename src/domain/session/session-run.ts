import { randomBytes } from "node:crypto";
import { Channel } from "../../base/channel.ts";
import type { MoorageError } from "../../base/errors.ts";
import type { EngineRun, OutputChunk, RunExit } from "../../engine/engine.ts";
import { MarkedStream } from "./marked-stream.ts";
import { commandLines } from "./session-script.ts";

const CHANNEL_BYTES = 256 * 1024;
/** How long a reader is waited for that takes nothing while the session is being ended. */
const PATIENCE_MS = 1_000;

/** One command of a session, as a run: it ends when the shell has told its end, or when the shell itself has ended. */
export class SessionRun implements EngineRun {
  readonly handle: string;
  readonly exit: Promise<RunExit>;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #shell: EngineRun;
  readonly #marks = { begin: mark(), end: mark() };
  readonly #streams: Readonly<Record<OutputChunk["stream"], MarkedStream>>;
  readonly #channel = new Channel<OutputChunk>(CHANNEL_BYTES);
  readonly #exiting = Promise.withResolvers<RunExit>();
  /** Of what nobody took after the release, since that was last told. */
  readonly #lost = { stdout: 0, stderr: 0 };
  #ended = false;

  constructor(shell: EngineRun) {
    const { begin, end } = this.#marks;
    this.#shell = shell;
    this.#streams = { stdout: new MarkedStream(begin, end), stderr: new MarkedStream(begin, end) };
    this.handle = shell.handle;
    this.exit = this.#exiting.promise;
    this.output = this.#channel;
  }

  /** What is to be written to the shell. */
  lines(text: string): Uint8Array {
    return commandLines(text, this.#marks);
  }

  /** What the shell has printed. Resolves when the reader has made room. */
  async take({ stream, data, lostBytes = 0 }: OutputChunk): Promise<void> {
    const marked = this.#streams[stream];
    if (marked.inside) this.#lost[stream] += lostBytes;
    await this.#pass(stream, marked.next(data));
    if (!this.#streams.stdout.ended || !this.#streams.stderr.ended) return;
    const { trailer } = this.#streams.stdout;
    // What is no code is not the shell's word: then nobody knows how the command ended.
    const exitCode = /^\d{1,3}$/.test(trailer) ? Number(trailer) & 0xff : null;
    this.settle({ exitCode, signal: null, oomKilled: false, peakMemoryBytes: null });
  }

  async #pass(stream: OutputChunk["stream"], data: Uint8Array): Promise<void> {
    const lostBytes = this.#lost[stream];
    if (data.length === 0 && lostBytes === 0) return;
    const chunk = { stream, data, ...(lostBytes === 0 ? {} : { lostBytes }) };
    const taken = await this.#channel.push(chunk, data.length);
    this.#lost[stream] = taken ? 0 : lostBytes + data.length;
  }

  /** The command is over: by itself, or with its shell. */
  settle(exit: RunExit): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exiting.resolve(exit);
    this.#tellLost();
    this.#channel.close();
  }

  /** The engine has failed under it. */
  fail(error: MoorageError): void {
    this.#ended = true;
    this.#exiting.reject(error);
    this.#tellLost();
    this.#channel.close(error);
  }

  // What has no size is taken at once.
  #tellLost(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const lostBytes = this.#lost[stream];
      if (lostBytes > 0) void this.#channel.push({ stream, data: new Uint8Array(), lostBytes });
    }
  }

  /** INT ends what the command has started; the shell goes on. */
  terminate = (): Promise<void> => this.signal("INT");

  /** Where INT was not enough, only the end of the whole session ends the command for certain. */
  kill = async (): Promise<{ readonly unitStopped: boolean }> => {
    if (this.#ended) return { unitStopped: false };
    // A reader that has stopped must not hold up the shell's output, and with it its end.
    this.#channel.release(PATIENCE_MS);
    return this.#shell.kill();
  };

  signal: EngineRun["signal"] = async (name) => {
    if (!this.#ended) await this.#shell.signal(name);
  };
}

function mark(): string {
  return randomBytes(16).toString("hex");
}
