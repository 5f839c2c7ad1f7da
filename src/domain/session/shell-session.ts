import { isoTime, type Clock } from "../../base/clock.ts";
import { asMoorageError, MoorageError } from "../../base/errors.ts";
import type { EngineRun, RunExit } from "../../engine/engine.ts";
import { StdinFeed } from "../run/live/stdin-feed.ts";
import { SessionRun } from "./session-run.ts";

export type SessionView = {
  readonly name: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  /** The run of the command that it is busy with. */
  readonly runId: string | null;
};

type Busy = { readonly runId: string; readonly run: SessionRun };

export type SessionParts = {
  readonly name: string;
  readonly clock: Clock;
  /** Starts the shell, with what it reads. */
  readonly start: (stdin: AsyncIterable<Uint8Array>) => Promise<EngineRun>;
};

/** A shell that stays in a sandbox and runs one command at a time, each in what the one before has left. */
export class ShellSession {
  readonly name: string;
  /** Settles when the shell has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #shell: EngineRun;
  readonly #stdin: StdinFeed;
  readonly #clock: Clock;
  readonly #createdAt: string;
  #lastUsedAt: string;
  #usedAt: number;
  #busy: Busy | undefined;
  #over = false;

  private constructor({ name, clock }: SessionParts, shell: EngineRun, stdin: StdinFeed) {
    this.name = name;
    this.#clock = clock;
    this.#shell = shell;
    this.#stdin = stdin;
    this.#createdAt = isoTime(clock.now());
    this.#lastUsedAt = this.#createdAt;
    this.#usedAt = clock.monotonic();
    this.ended = this.#watch();
  }

  static async open(parts: SessionParts): Promise<ShellSession> {
    const stdin = new StdinFeed();
    return new ShellSession(parts, await parts.start(stdin), stdin);
  }

  get over(): boolean {
    return this.#over;
  }

  /** By the monotonic clock; undefined while a command runs. */
  get idleSince(): number | undefined {
    return this.#busy === undefined ? this.#usedAt : undefined;
  }

  view(): SessionView {
    const runId = this.#busy?.runId ?? null;
    return { name: this.name, createdAt: this.#createdAt, lastUsedAt: this.#lastUsedAt, runId };
  }

  /** Runs shell text; CONFLICT while another command runs. */
  async run(runId: string, text: string): Promise<EngineRun> {
    if (this.#busy !== undefined) throw busy(this.name, this.#busy.runId);
    if (this.#over) throw over(this.name);
    const run = new SessionRun(this.#shell);
    this.#busy = { runId, run };
    const free = (): void => this.#free();
    void run.exit.then(free, free);
    await this.#stdin.accept({ offset: undefined, data: run.lines(text), close: false, signal: undefined });
    return run;
  }

  /** Ends the shell and all that runs in it. */
  async end(): Promise<void> {
    await this.#shell.kill();
    await this.ended;
  }

  async #watch(): Promise<void> {
    try {
      for await (const chunk of this.#shell.output) await this.#busy?.run.take(chunk);
      this.#leave(await this.#shell.exit);
    } catch (error) {
      this.#leave(asMoorageError(error));
    }
  }

  #leave(end: RunExit | MoorageError): void {
    this.#over = true;
    this.#stdin.abandon();
    if (end instanceof MoorageError) this.#busy?.run.fail(end);
    else this.#busy?.run.settle(end);
  }

  #free(): void {
    this.#busy = undefined;
    this.#lastUsedAt = isoTime(this.#clock.now());
    this.#usedAt = this.#clock.monotonic();
  }
}

function over(name: string): MoorageError {
  return new MoorageError("CONFLICT", `The session "${name}" has just ended.`, {
    hint: "Repeat the command: it starts a new one.",
  });
}

function busy(name: string, runId: string): MoorageError {
  return new MoorageError("CONFLICT", `The session "${name}" is busy with run "${runId}": one command at a time.`, {
    hint: `Wait for it with \`moorage runs wait ${runId}\`, or use another session.`,
    details: { runId },
  });
}
