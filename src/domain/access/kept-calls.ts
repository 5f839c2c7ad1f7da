import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { isoTime } from "../../base/clock.ts";
import { canceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { Once } from "../../base/once.ts";
import type { KeptCall } from "../../store/store.ts";
import type { DomainContext, Principal } from "../context.ts";
import type { KeyedCall } from "../validated.ts";

const KEPT_MS = 24 * 3_600_000;
/** Larger answers are not kept; those of changes are small. */
const MAX_ANSWER_CHARACTERS = 64 * 1024;

type Ending = { readonly answer: unknown; readonly replayed: boolean };
type Work = (signal: AbortSignal) => Promise<unknown>;

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

/** Makes a change happen once for each key of an owner's. */
export function createKeyedCalls(context: DomainContext, { owner }: Principal) {
  return async (call: KeyedCall, work: Work): Promise<unknown> => {
    requireKey(call);
    const begin = async (signal: AbortSignal): Promise<Ending> => {
      const known = await claimed(context, owner, call);
      if (known !== undefined) return { answer: keptAnswer(context, call, known), replayed: true };
      return { answer: await kept(context, { owner, call }, () => work(signal)), replayed: false };
    };
    const { answer, replayed } = await context.openCalls.join(`${owner} ${call.key}`, call, begin);
    if (replayed) call.onReplayed?.();
    return answer;
  };
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

async function claimed(context: DomainContext, owner: string, call: KeyedCall): Promise<KeptCall | undefined> {
  const now = context.clock.now();
  const fingerprint = fingerprintOf(call);
  const row = { owner, key: call.key, fingerprint, holder: context.holders.self, answer: null };
  const known = await context.store.keptCalls.begin(row, isoTime(now), isoTime(now - KEPT_MS));
  if (known !== undefined && known.fingerprint !== fingerprint) throw reused(call);
  return known;
}

function keptAnswer({ holders }: DomainContext, { operation, key }: KeyedCall, { holder, answer }: KeptCall): unknown {
  if (answer !== null) return JSON.parse(answer);
  const what = `${operation} with the idempotency key "${key}"`;
  if (holder === null) throw lost(`${what} was done; its answer was too large to keep.`);
  if (holder !== holders.self && holders.isAlive(holder)) throw lost(`${what} is at work in another process.`);
  throw lost(`${what} was broken off when its server ended; whether it was done is not known.`);
}

function lost(message: string): MoorageError {
  return new MoorageError("ANSWER_LOST", message);
}

type Kept = { readonly owner: string; readonly call: KeyedCall };

/** What failed is forgotten, so that the key can try it again. */
async function kept(
  { store, owed }: DomainContext,
  { owner, call }: Kept,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const { key, operation } = call;
  let answer: unknown;
  try {
    answer = await work();
  } catch (error) {
    await owed.attempt(`forgetting the key of ${operation}`, () => store.keptCalls.forget(owner, key));
    throw error;
  }
  const text = JSON.stringify(answer);
  const small = text.length <= MAX_ANSWER_CHARACTERS ? text : null;
  await owed.attempt(`the answer of ${operation}`, () => store.keptCalls.end(owner, key, small));
  return answer;
}

function fingerprintOf({ operation, input }: KeyedCall): string {
  // Leaves out what is undefined.
  const plain = JSON.parse(JSON.stringify([operation, input])) as Json;
  return createHash("sha256").update(canonicalJson(plain)).digest("hex");
}

function requireKey({ key }: KeyedCall): void {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return;
  throw new MoorageError(
    "INVALID_INPUT",
    "idempotency-key: expected 1 to 255 visible ASCII characters, without spaces.",
    {
      hint: "Send one key, such as a new UUID for each thing that is to be done.",
    },
  );
}

function reused({ operation, key }: KeyedCall): MoorageError {
  return new MoorageError(
    "IDEMPOTENCY_KEY_REUSED",
    `${operation}: the idempotency key "${key}" was used for another operation or another input.`,
  );
}
