import type { Clock } from "../../base/clock.ts";

/** Less than this is the clock being corrected, or this process being held up between two looks. */
const TOLERANCE_MS = 30_000;

export type ClockLook = {
  readonly jumpMs: number;
  /** The wall clock at this look; what is decided by it is not decided by a jump after it. */
  readonly now: number;
};

/**
 * Tells by how much the wall clock has jumped since the last look, 0 where it has not: when the machine's time was set,
 * or the machine slept. A wall clock that goes with the monotonic one has not jumped, however late the look is.
 */
export function watchClock(clock: Clock): () => ClockLook {
  let last = { wall: clock.now(), monotonic: clock.monotonic() };
  return () => {
    const now = { wall: clock.now(), monotonic: clock.monotonic() };
    const jump = now.wall - last.wall - (now.monotonic - last.monotonic);
    last = now;
    return { jumpMs: Math.abs(jump) > TOLERANCE_MS ? Math.round(jump) : 0, now: now.wall };
  };
}
