import { after } from "../../base/after.ts";
import { canceled, throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Event, EventKind, EventWatch, WatchEvent } from "../../contracts/types.ts";
import type { EventRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { endOfAccess } from "./end-of-access.ts";
import type { EventFeed } from "./event-feed.ts";
import { wantedBy } from "./wanted.ts";

const BATCH = 500;
const ID_DIGITS = 16;

type Wants = (row: EventRow) => boolean;

/** What happens, as far as the caller may know: first what was since `after`, then what is, until they leave. */
export async function* watchEvents(
  { context, principal, signal }: Call,
  input: EventWatch,
): AsyncGenerator<WatchEvent> {
  const wants = wantedBy(principal, input);
  throwIfCanceled(signal);
  const { events, clock } = context;
  const feed = await events.open((row) => {
    const over = endOfAccess(principal, row);
    if (over !== undefined) feed.end(over);
    return wants(row);
  });
  const leave = (): void => feed.end(canceled(signal?.reason));
  signal?.addEventListener("abort", leave, { once: true });
  const { expiresAt, keyId } = principal;
  const expired = (): void =>
    feed.end(new MoorageError("UNAUTHENTICATED", `The API key ${keyId} expired at ${expiresAt}.`));
  const forget = expiresAt === null ? undefined : after(Math.max(0, Date.parse(expiresAt) - clock.now()), expired);
  try {
    const from = input.after === undefined ? feed.from : Number(input.after);
    if (from > feed.from) throw notYet(input.after, feed.from);
    yield { type: "watching", id: idOf(from) };
    yield* replayed(context.store.events, { from, to: feed.from }, wants);
    yield* live(feed);
    // Only a server that stops ends it in order.
    yield { type: "ended", reason: "The server is stopping." };
  } finally {
    forget?.();
    signal?.removeEventListener("abort", leave);
    events.close(feed);
  }
}

async function* live(feed: EventFeed): AsyncGenerator<WatchEvent> {
  for await (const told of feed.read()) {
    yield "missed" in told ? { type: "missed", id: idOf(told.sequence), count: told.missed } : eventOf(told);
  }
}

type Range = { readonly from: number; readonly to: number };

async function* replayed(
  rows: Call["context"]["store"]["events"],
  { from, to }: Range,
  wants: Wants,
): AsyncGenerator<WatchEvent> {
  for (let seen = from; seen < to;) {
    const batch = (await rows.after(seen, BATCH)).filter(({ sequence }) => sequence <= to);
    const next = batch[0]?.sequence ?? to + 1;
    // What a look finds follows on without a gap, but for what is not kept any more.
    if (next > seen + 1) yield { type: "missed", id: idOf(next - 1), count: null };
    for (const row of batch) if (wants(row)) yield eventOf(row);
    seen = batch.at(-1)?.sequence ?? to;
  }
}

/** The rows of the bus are the same for all who listen, and so are the events made of them. */
const made = new WeakMap<EventRow, Event>();

function eventOf(row: EventRow): Event {
  const known = made.get(row);
  if (known !== undefined) return known;
  const { sequence, time, type, owner, kind, subject, name, facts } = row;
  const event: Event = {
    ...{ type, id: idOf(sequence), time, owner },
    subject: { kind: kind as EventKind, id: subject, name },
    facts,
  };
  made.set(row, event);
  return event;
}

function idOf(sequence: number): string {
  return String(sequence).padStart(ID_DIGITS, "0");
}

function notYet(after: string | undefined, latest: number): MoorageError {
  const message = `event.watch: after: expected the id of an event so far, at most ${idOf(latest)} (got "${after}").`;
  const hint = "Leave it out to be told of what happens from now on; ids of another server mean nothing here.";
  return new MoorageError("INVALID_INPUT", message, { hint });
}
