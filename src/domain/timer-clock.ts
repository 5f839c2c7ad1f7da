import type { Clock } from "../base/clock.ts";

/** Less than this is the clock being corrected, or this process being held up between two readings. */
const TOLERANCE_MS = 30_000;

/**
 * The time by which the timers of sandboxes are written and read in this process: the wall clock. Once somebody looks for
 * its jumps, when it was set or the machine slept, it goes on after one as if there were none, until all timers are
 * moved and it follows. So none is read by one time and written by another, and none is moved twice. The records and
 * logs of runs are kept by it too; not so what can be had again, as the images of dependencies, and samples, which are
 * asked for by the time that the wall clock showed.
 */
export type TimerClock = {
  /** Milliseconds since 1970 (UTC). */
  readonly now: () => number;
  /** By how much the wall clock has jumped since the first look and has not been followed; 0: it has not. */
  readonly look: () => number;
  /** Called in one step with moving the timers. */
  readonly follow: (jumpMs: number) => void;
};

export function createTimerClock(clock: Clock): TimerClock {
  /** Of the wall clock over the monotonic one; undefined before the first look. */
  let offset: number | undefined;
  const drift = (): number => (offset === undefined ? 0 : clock.now() - clock.monotonic() - offset);
  const hasJumped = (): boolean => Math.abs(drift()) > TOLERANCE_MS;
  return {
    now: () => (hasJumped() ? Math.round(clock.now() - drift()) : clock.now()),
    look: () => {
      if (hasJumped()) return Math.round(drift());
      offset = clock.now() - clock.monotonic();
      return 0;
    },
    follow: (jumpMs) => {
      if (offset !== undefined) offset += jumpMs;
    },
  };
}
