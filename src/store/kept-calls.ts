/** A change that was asked for by a key of its caller's, so that it happens once however often it is asked for. */
export type KeptCall = {
  readonly owner: string;
  /** As the caller chose it. */
  readonly key: string;
  /** SHA-256 of the operation and its input, hexadecimal. */
  readonly fingerprint: string;
  /** The process that does it; null: it is done. */
  readonly holder: string | null;
  /** JSON; null while it is not done, and where it is larger than what is kept. */
  readonly answer: string | null;
};

export type KeptCalls = {
  /**
   * Keeps a call that has begun, where none is kept by its owner's key; otherwise the one that is. Forgets those that
   * began before a time, and of the owner's all but the latest 1000. Like all here without waiting for the disk, before
   * whatever the call then writes.
   */
  readonly begin: (call: KeptCall, now: string, since: string) => Promise<KeptCall | undefined>;
  /** Keeps how it ended: no holder, and the answer. */
  readonly end: (owner: string, key: string, answer: string | null) => Promise<void>;
  /** So that the key begins anew. */
  readonly forget: (owner: string, key: string) => Promise<void>;
};
