/**
 * Who can end a run that goes on. While it is attached to its caller, the caller's leaving ends it; once it is detached
 * only `cancel` does.
 */
export class RunLife {
  readonly #canceling = new AbortController();
  readonly #onDetach: () => void;
  #detached = false;

  /** `caller`: aborts when the caller leaves. */
  constructor(caller: AbortSignal | undefined, onDetach: () => void) {
    this.#onDetach = onDetach;
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

  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#onDetach();
  }

  /** The caller has left. */
  leave(reason?: unknown): void {
    if (!this.#detached) this.cancel(reason);
  }

  cancel(reason?: unknown): void {
    this.#canceling.abort(reason);
  }
}
