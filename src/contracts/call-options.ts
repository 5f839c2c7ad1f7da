/** What every call may carry besides its input. */
export type CallOptions = {
  /** Ends the operation and what it has begun on the engine; it then throws CANCELED. */
  readonly signal?: AbortSignal;
};
