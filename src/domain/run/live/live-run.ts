import type { EngineRun } from "../../../engine/engine.ts";
import type { RunLogs, RunLogWriter } from "../../../store/store.ts";
import type { StdinFeed } from "./stdin-feed.ts";
import type { RunLife } from "./run-life.ts";

export type LiveRunParts = {
  readonly runId: string;
  readonly life: RunLife;
  readonly engineRun: EngineRun;
  readonly logs: RunLogs;
  readonly stdin: StdinFeed | undefined;
};

/** A run that this process watches. */
export class LiveRun {
  readonly runId: string;
  readonly life: RunLife;
  readonly engineRun: EngineRun;
  readonly log: RunLogWriter;
  readonly stdin: StdinFeed | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #change = Promise.withResolvers<void>();

  constructor({ runId, life, engineRun, logs, stdin }: LiveRunParts) {
    this.runId = runId;
    this.life = life;
    this.engineRun = engineRun;
    this.stdin = stdin;
    this.log = logs.create(runId, () => this.#changed());
  }

  /** Settles when its log has grown, or it has ended. */
  get change(): Promise<void> {
    return this.#change.promise;
  }

  /** Settles when it has ended and its record is closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(): void {
    this.stdin?.abandon();
    this.#ended.resolve();
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
