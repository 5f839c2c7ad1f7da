import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { KeptCall } from "../../store/store.ts";
import type { DomainContext, Principal } from "../context.ts";
import { fingerprintOf, reused, type Ending, type KeyedCall, type Work } from "./open-calls.ts";

const KEPT_MS = 24 * 3_600_000;
/** Larger answers are not kept; those of changes are small. */
const MAX_ANSWER_CHARACTERS = 64 * 1024;

/** Makes a change happen once for each key of whoever acts. */
export function createKeyedCalls(context: DomainContext, principal: Principal) {
  // Members of a team may do different things: each has keys of their own.
  const owner = principal.owner === principal.user ? principal.owner : `${principal.owner} ${principal.user}`;
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
