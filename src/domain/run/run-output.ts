import type { Channel } from "../../base/channel.ts";
import type { Clock } from "../../base/clock.ts";
import type { RunEvent } from "../../contracts/types.ts";
import type { OutputChunk } from "../../engine/engine.ts";
import type { OutputStream, RunLogWriter } from "../../store/store.ts";
import { OutputRecord } from "./output-record.ts";
import { textChunk, WholeCharacters } from "./text-chunks.ts";

type Sinks = {
  /** Of each stream's record. */
  readonly recordBytes: number;
  readonly log: RunLogWriter;
  readonly events: Channel<RunEvent>;
  readonly clock: Clock;
};

/**
 * Everything that a run prints on its way: into its record, its log, and to whoever reads, as fast as they read. Record
 * and log have it all. Who still reads a run that is being ended and is too slow for it gets a gap instead.
 */
export class RunOutput {
  readonly records: Readonly<Record<OutputStream, OutputRecord>>;
  readonly #sinks: Sinks;
  /** Where in the log that begins which the reader was not given; undefined while there is nothing. */
  #untold: number | undefined;
  /** What the engine let go of, since it was not taken from it in time. */
  #lostBytes = 0;

  constructor(sinks: Sinks) {
    this.#sinks = sinks;
    this.records = { stdout: new OutputRecord(sinks.recordBytes), stderr: new OutputRecord(sinks.recordBytes) };
  }

  async pump(output: AsyncIterable<OutputChunk>): Promise<void> {
    const texts = { stdout: new WholeCharacters(), stderr: new WholeCharacters() };
    for await (const { stream, data, lostBytes = 0 } of output) {
      if (lostBytes > 0) {
        await this.#pass(stream, texts[stream].end());
        this.#miss(stream, lostBytes);
      }
      this.records[stream].add(data);
      await this.#pass(stream, texts[stream].next(data));
    }
    for (const stream of ["stdout", "stderr"] as const) await this.#pass(stream, texts[stream].end());
    await this.#tellGap();
  }

  /** What the caller should know of how it was kept. */
  warnings(): readonly string[] {
    const failure = this.#sinks.log.failure();
    const lost = `${this.#lostBytes} bytes that it printed while it was being ended were counted, and not kept.`;
    return [
      ...(failure === undefined ? [] : [`The run's log could not be written to its end: ${failure.message}.`]),
      ...(this.#lostBytes === 0 ? [] : [lost]),
    ];
  }

  async #pass(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const { log, events, clock } = this.#sinks;
    const offset = log.end;
    await log.append(stream, bytes, clock.now());
    const event = { type: stream, offset, ...textChunk(bytes) } as const;
    if (this.#untold === undefined) {
      if (!(await events.push(event, bytes.length))) this.#untold = offset;
    } else if (await events.push(gap(this.#untold, offset), bytes.length)) {
      // The gap has taken the room of both.
      this.#untold = undefined;
      await events.push(event);
    }
  }

  #miss(stream: OutputStream, bytes: number): void {
    const { log } = this.#sinks;
    this.records[stream].miss(bytes);
    this.#lostBytes += bytes;
    this.#untold ??= log.end;
    log.skip(bytes);
  }

  async #tellGap(): Promise<void> {
    if (this.#untold !== undefined) await this.#sinks.events.push(gap(this.#untold, this.#sinks.log.end));
  }
}

function gap(offset: number, end: number): RunEvent {
  return { type: "gap", offset, bytes: end - offset };
}
