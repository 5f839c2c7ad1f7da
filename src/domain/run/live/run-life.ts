import { isMoorageError, MoorageError } from "../../../base/errors.ts";

/**
 * Who can end a run that goes on. While it is attached to its caller, the caller's leaving ends it; once it is detached
 * only `cancel` and `kill` do.
 */
export class RunLife {
  readonly #canceling = new AbortController();
  readonly #detaching = Promise.withResolvers<void>();
  #detached = false;
  #killed = false;

  /** `caller`: aborts when the caller leaves. */
  constructor(caller: AbortSignal | undefined) {
    caller?.addEventListener("abort", () => this.leave(caller.reason), { once: true });
    if (caller?.aborted === true) this.leave(caller.reason);
  }

  /** Aborts when the run is to be ended. */
  get signal(): AbortSignal {
    return this.#canceling.signal;
  }

  get detached(): boolean {
    return this.#detached;
  }

  /** Settles when it is detached; never, where it is not. */
  get whenDetached(): Promise<void> {
    return this.#detaching.promise;
  }

  /** True when somebody asked for its end, and its caller may still be there. */
  get killed(): boolean {
    return this.#killed;
  }

  /** Why it is to be ended, and by whom; null while it is not. */
  get reason(): string | null {
    if (!this.signal.aborted) return null;
    return isMoorageError(this.signal.reason) ? this.signal.reason.message : "The caller left.";
  }

  detach(): void {
    this.#detached = true;
    this.#detaching.resolve();
  }

  /** The caller has left. */
  leave(reason?: unknown): void {
    if (!this.#detached) this.cancel(reason);
  }

  cancel(reason?: unknown): void {
    this.#canceling.abort(reason);
  }

  /** `reason`: why, and by whom. */
  kill(reason: string): void {
    if (!this.signal.aborted) this.#killed = true;
    this.cancel(new MoorageError("CANCELED", reason));
  }
}
