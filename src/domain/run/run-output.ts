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

/** Everything that a run prints on its way: into its record, its log, and to whoever reads, as fast as they read. */
export class RunOutput {
  readonly records: Readonly<Record<OutputStream, OutputRecord>>;
  readonly #sinks: Sinks;

  constructor(sinks: Sinks) {
    this.#sinks = sinks;
    this.records = { stdout: new OutputRecord(sinks.recordBytes), stderr: new OutputRecord(sinks.recordBytes) };
  }

  async pump(output: AsyncIterable<OutputChunk>): Promise<void> {
    const texts = { stdout: new WholeCharacters(), stderr: new WholeCharacters() };
    for await (const { stream, data } of output) {
      this.records[stream].add(data);
      await this.#pass(stream, texts[stream].next(data));
    }
    for (const stream of ["stdout", "stderr"] as const) await this.#pass(stream, texts[stream].end());
  }

  /** What the caller should know of how it was kept. */
  warnings(): readonly string[] {
    const failure = this.#sinks.log.failure();
    return failure === undefined ? [] : [`The run's log could not be written to its end: ${failure.message}.`];
  }

  async #pass(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const { log, events, clock } = this.#sinks;
    const offset = log.end;
    await log.append(stream, bytes, clock.now());
    await events.push({ type: stream, offset, ...textChunk(bytes) }, bytes.length);
  }
}
