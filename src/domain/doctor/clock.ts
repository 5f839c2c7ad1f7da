import { isoTime } from "../../base/clock.ts";
import { formatDuration } from "../../base/quantities.ts";
import type { Finding } from "../../contracts/types.ts";
import { failed, ok, warning } from "./finding.ts";
import { remedy } from "./fixes.ts";
import type { Host } from "./host.ts";

const EARLIEST_YEAR = 2025;
const TOLERANCE_MS = 2000;

/** A moment that another clock told, between two moments of ours; milliseconds since 1970. */
export type ClockReading = {
  readonly from: string;
  readonly ms: number;
  /** How exactly that clock tells the time. */
  readonly stepMs: number;
  readonly before: number;
  readonly after: number;
};

export function checkClock(now: number, readings: readonly ClockReading[], host: Host): Finding {
  const check = "system.clock";
  const fix = remedy(host, "clock");
  if (new Date(now).getUTCFullYear() < EARLIEST_YEAR) {
    return failed(
      check,
      `This machine's clock says ${isoTime(now)}; certificates and records need the true time.`,
      fix,
    );
  }
  const wrong = readings.find((reading) => difference(reading) > TOLERANCE_MS);
  if (wrong !== undefined) {
    const apart = formatDuration(difference(wrong));
    return warning(
      check,
      `The clock of ${wrong.from} differs from this machine's by ${apart}; expected at most 2 s.`,
      fix,
    );
  }
  const compared = readings.map(({ from }) => from).join(" and ");
  return ok(check, `${isoTime(now)}${compared === "" ? "" : `, within 2 s the same as that of ${compared}`}.`);
}

/** How far the other clock is certainly off, whatever passed between our two looks. */
function difference({ ms, stepMs, before, after }: ClockReading): number {
  return Math.max(before - (ms + stepMs), ms - after, 0);
}
