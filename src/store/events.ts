import type { EventFacts, EventType } from "../contracts/types.ts";

/** That something has changed, written in one step with the change, by whichever process made it. */
export type EventRow = {
  /** Counts all events, of all owners. */
  readonly sequence: number;
  readonly time: string;
  readonly type: EventType;
  readonly owner: string;
  readonly kind: string;
  /** The id of what has changed, or the name of what has none. */
  readonly subject: string;
  readonly name: string | null;
  readonly facts: EventFacts;
};

export type EventRows = {
  /** The sequence of the latest one; 0: there has been none. */
  readonly latest: () => Promise<number>;
  /** Of all owners: those behind a sequence, oldest first, `most` of them. The latest 10,000 are kept. */
  readonly after: (sequence: number, most: number) => Promise<readonly EventRow[]>;
};
