/** Time, passed in, so that rules about time are tested without waiting. */
export type Clock = {
  /** Milliseconds since 1970 (UTC). May jump when the machine's clock is set. */
  readonly now: () => number;
  /**
   * Milliseconds since some moment that is the same for all processes of one boot; never jumps. Durations are measured
   * with this.
   */
  readonly monotonic: () => number;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
};

/** ISO 8601 in UTC with milliseconds, the only form of a time in contracts and records. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
