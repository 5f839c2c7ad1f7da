import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { canceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { Once } from "../../base/once.ts";

/** A call by which a change is to happen once. */
export type KeyedCall = {
  readonly operation: string;
  /** Parsed. */
  readonly input: unknown;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  readonly onReplayed: (() => void) | undefined;
};

export type Ending = { readonly answer: unknown; readonly replayed: boolean };
export type Work = (signal: AbortSignal) => Promise<unknown>;

/** A call that goes on, and for how many. */
type Open = {
  readonly fingerprint: string;
  readonly abort: AbortController;
  readonly ending: Once<Ending>;
  callers: number;
};

/** The keyed calls that this process is at work on, of all owners. */
export class OpenCalls {
  readonly #open = new Map<string, Open>();

  /** Joins the call of this name, or begins it. One that is being given up, because all its callers have left, is waited for first. */
  async join(name: string, call: KeyedCall, begin: Work): Promise<Ending> {
    const fingerprint = fingerprintOf(call);
    for (;;) {
      const open = this.#open.get(name);
      if (open === undefined) break;
      if (open.fingerprint !== fingerprint) throw reused(call);
      if (!open.abort.signal.aborted) return { ...(await waitFor(open, call.signal)), replayed: true };
      await open.ending.promise.catch(() => undefined);
    }
    const abort = new AbortController();
    const work = Promise.try(() => begin(abort.signal)).finally(() => this.#open.delete(name));
    const open: Open = { fingerprint, abort, ending: new Once(work as Promise<Ending>), callers: 0 };
    this.#open.set(name, open);
    return waitFor(open, call.signal);
  }
}

/** The end of an open call; it is given up when the last who waits for it has left. */
async function waitFor(open: Open, signal: AbortSignal | undefined): Promise<Ending> {
  open.callers += 1;
  const left = Promise.withResolvers<never>();
  const leave = (): void => {
    open.callers -= 1;
    if (open.callers === 0) open.abort.abort(signal?.reason);
    else left.reject(canceled(signal?.reason));
  };
  if (signal?.aborted) leave();
  else signal?.addEventListener("abort", leave, { once: true });
  try {
    return await open.ending.or(left.promise);
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

export function fingerprintOf({ operation, input }: KeyedCall): string {
  // Leaves out what is undefined.
  const plain = JSON.parse(JSON.stringify([operation, input])) as Json;
  return createHash("sha256").update(canonicalJson(plain)).digest("hex");
}

export function reused({ operation, key }: KeyedCall): MoorageError {
  return new MoorageError(
    "IDEMPOTENCY_KEY_REUSED",
    `${operation}: the idempotency key "${key}" was used for another operation or another input.`,
  );
}
