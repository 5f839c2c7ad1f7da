import type { Key, User } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** An API key. Of its secret only the hash is kept. */
export type KeyRow = Key & {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
  /** The user whose key it is, or whose agent's. */
  readonly user: string;
};

export type KeyRows = {
  /** CONFLICT where the key that it is made with is revoked by then. */
  readonly insert: (row: KeyRow) => Promise<void>;
  /** Of whomever: for telling who sends a request. */
  readonly find: (id: string) => Promise<KeyRow | undefined>;
  /** A user's own and those of the user's agents, newest first. */
  readonly list: (user: string, query: PageQuery) => Promise<Page<KeyRow>>;
  /**
   * Revokes a key with all that were made with it, and with those, in one step; `also` are the others. What was revoked
   * before stays as it is.
   */
  readonly revoke: (
    id: string,
    revokedAt: string,
  ) => Promise<{ readonly row: KeyRow; readonly also: readonly string[] } | undefined>;
  /** Notes when it was used last, without waiting for the disk. */
  readonly touch: (id: string, lastUsedAt: string) => Promise<void>;
  /** Whether there has ever been one. */
  readonly any: () => Promise<boolean>;
};

export type UserRows = {
  /** CONFLICT when there is one of this name. */
  readonly insert: (user: User) => Promise<void>;
  readonly find: (name: string) => Promise<User | undefined>;
  readonly list: (query: PageQuery) => Promise<Page<User>>;
  readonly update: (
    name: string,
    change: Partial<Pick<User, "role" | "disabledAt" | "identity">>,
  ) => Promise<User | undefined>;
};

/** Somebody who is signed in in a browser. */
export type LoginRow = {
  readonly id: string;
  /** SHA-256 of what the browser has. */
  readonly hash: string;
  readonly user: string;
  readonly issuer: string;
  readonly subject: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  /** Until then the issuer has vouched for them, when it gave something to ask it again by; null: until it expires. */
  readonly vouchedUntil: string | null;
};

export type LoginRows = {
  /** Adds one, and removes those that have expired by `now` and the user's oldest beyond `most`. */
  readonly insert: (row: LoginRow, keep: { readonly now: string; readonly most: number }) => Promise<void>;
  readonly find: (hash: string) => Promise<LoginRow | undefined>;
  readonly vouch: (id: string, vouchedUntil: string) => Promise<void>;
  /** Notes when it was used last, without waiting for the disk. */
  readonly touch: (id: string, lastUsedAt: string) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
  readonly removeOf: (user: string) => Promise<void>;
};
