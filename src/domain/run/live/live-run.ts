import { Once } from "../../../base/once.ts";
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
  /** Whoever reads it is no longer waited for. */
  readonly release: () => void;
};

/** A run that this process watches. */
export class LiveRun {
  readonly runId: string;
  readonly life: RunLife;
  readonly engineRun: EngineRun;
  readonly log: RunLogWriter;
  readonly stdin: StdinFeed | undefined;
  /** Before it is ended from outside: a reader that is behind gets a gap, its record and its log have it all. */
  readonly release: () => void;
  readonly #ending = Promise.withResolvers<void>();
  readonly #ended = new Once(this.#ending.promise);
  #changing = Promise.withResolvers<void>();
  #change = new Once(this.#changing.promise);

  constructor({ runId, life, engineRun, logs, stdin, release }: LiveRunParts) {
    this.runId = runId;
    this.life = life;
    this.engineRun = engineRun;
    this.stdin = stdin;
    this.release = release;
    this.log = logs.create(runId, () => this.#changed());
  }

  /** Settles when its log has grown, or it has ended. */
  get change(): Once<void> {
    return this.#change;
  }

  /** Settles when it has ended and its record is closed. */
  get ended(): Once<void> {
    return this.#ended;
  }

  end(): void {
    this.stdin?.abandon();
    this.#ending.resolve();
    this.#changed();
  }

  #changed(): void {
    this.#changing.resolve();
    this.#changing = Promise.withResolvers();
    this.#change = new Once(this.#changing.promise);
  }
}
