/** What every call may carry besides its input. */
export type CallOptions = {
  /** Ends the operation and what it has begun on the engine; it then throws CANCELED. */
  readonly signal?: AbortSignal;
  /**
   * A key of the caller's own choice, 1 to 255 visible ASCII characters, by which a change happens once: whoever asks
   * for the same again within 24 hours joins it while it goes on, and is told its answer from then on. What fails is
   * forgotten. IDEMPOTENCY_KEY_REUSED for another input or operation, ANSWER_LOST where the answer is not there,
   * INVALID_INPUT for streams, and where the answer holds a secret. What changes nothing passes it over.
   */
  readonly idempotencyKey?: string;
  /** Called before the answer, where it is that of an earlier call with the same key. */
  readonly onReplayed?: () => void;
};
