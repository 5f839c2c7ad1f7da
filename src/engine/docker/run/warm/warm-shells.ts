import type { Logger } from "../../../../base/logger.ts";
import type { EngineRun } from "../../../engine.ts";
import type { ExecContext } from "../exec-context.ts";
import { WarmShell, type HandedOver } from "./warm-shell.ts";

/** A sandbox at rest keeps one. */
const LEAST = 1;
const MOST = 32;
/** One for so many of a sandbox's process limit: as each is two processes, they take a quarter of it at most, or none. */
const PIDS_EACH = 8;
/** Without a run for so long, only the least is kept; and where none could be started, it is tried again. */
const REST_MS = 60_000;
/** Runs that follow one another closely are not held up by a start beside them. */
const CALM_MS = 15;

export type WarmShellsOptions = {
  readonly context: ExecContext;
  /** The sandbox's process limit; 0: none. */
  readonly pids: number;
};

/** The shells of one container: as many as runs went on at one time lately. */
export class WarmShells {
  readonly context: ExecContext;
  readonly #most: number;
  readonly #logger: Logger;
  readonly #open = new Set<WarmShell>();
  readonly #waiting: WarmShell[] = [];
  /** The one that is being started ahead, until a run waits for it. */
  #ahead: Promise<WarmShell | undefined> | undefined;
  #starting = 0;
  #unfitUntil = 0;
  #closed = false;
  #calm: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor({ context, pids }: WarmShellsOptions) {
    this.context = context;
    this.#logger = context.logger;
    this.#most = pids === 0 ? MOST : Math.min(MOST, Math.floor(pids / PIDS_EACH));
  }

  /** Starts one, unless there is one. */
  prepare(): void {
    if (this.#closed || this.#ahead !== undefined || this.#open.size + this.#starting > 0) return;
    const ahead = this.another().then((shell) => {
      if (this.#ahead !== ahead) return shell;
      this.#ahead = undefined;
      if (shell !== undefined) this.#waiting.push(shell);
      return undefined;
    });
    this.#ahead = ahead;
  }

  /** One that waits, or is about to. */
  async waiting(): Promise<WarmShell | undefined> {
    for (;;) {
      const shell = this.#waiting.pop();
      if (shell === undefined) break;
      if (shell.open) return shell;
    }
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead;
  }

  /** Another one; undefined where there are enough, or none can be started. */
  async another(): Promise<WarmShell | undefined> {
    return this.#open.size + this.#starting < this.#most ? this.#start() : undefined;
  }

  /** Begins a run; the shell waits again when that has ended whole. Undefined where nothing has begun. */
  async begin(shell: WarmShell, run: HandedOver): Promise<EngineRun | undefined> {
    clearTimeout(this.#calm);
    let begun: EngineRun | undefined;
    try {
      begun = await this.context.gate(() => shell.begin(run));
      const ended = (): void => this.#giveBack(shell);
      begun?.exit.then(ended, ended);
      return begun;
    } finally {
      // Whatever it was that went wrong, nobody knows what the shell is about.
      if (begun === undefined) {
        shell.close();
        this.#giveBack(shell);
      }
    }
  }

  /** Ends all that wait; none is started any more. What runs goes on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#calm);
    clearTimeout(this.#rest);
    for (const shell of this.#waiting.splice(0)) shell.close();
  }

  #giveBack(shell: WarmShell): void {
    if (this.#closed) shell.close();
    else if (shell.open) this.#waiting.push(shell);
    else this.#open.delete(shell);
    if (this.#closed) return;
    clearTimeout(this.#calm);
    clearTimeout(this.#rest);
    this.#calm = setTimeout(() => this.prepare(), CALM_MS).unref();
    this.#rest = setTimeout(() => this.#settle(), REST_MS).unref();
  }

  async #start(): Promise<WarmShell | undefined> {
    if (performance.now() < this.#unfitUntil) return undefined;
    this.#starting += 1;
    try {
      const shell = await this.context.gate(() => WarmShell.start(this.context));
      this.#open.add(shell);
      shell.onEnd(() => void this.#open.delete(shell));
      if (!this.#closed) return shell;
      shell.close();
    } catch (error) {
      // An image without a usable shell, a full sandbox, one that has ended: its runs take the plain way.
      this.#logger.debug({ err: error }, "no shell could be started ahead");
      this.#unfitUntil = performance.now() + REST_MS;
    } finally {
      this.#starting -= 1;
    }
    return undefined;
  }

  #settle(): void {
    for (const shell of this.#waiting.splice(LEAST)) shell.close();
  }
}
