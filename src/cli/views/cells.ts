import { formatBytes, formatDuration } from "../../base/quantities.ts";
import type { Limits } from "../../contracts/types.ts";

/** A value that is not there. */
export const NOTHING = "-";

/** "2025-11-21 09:42:31Z": as precise as people need it, in UTC. */
export function timeCell(time: string): string {
  return `${time.slice(0, 19).replace("T", " ")}Z`;
}

export function durationCell(ms: number | null): string {
  return ms === null ? NOTHING : formatDuration(ms);
}

export function bytesCell(bytes: number | null): string {
  return bytes === null ? NOTHING : formatBytes(bytes);
}

/** Arguments as a shell would take them, for reading: quoted only where they need it. */
export function commandCell(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

export function limitsCell({ memoryBytes, cpus, pids, diskBytes, timeoutMs }: Limits): string {
  const parts = [
    `${formatBytes(memoryBytes)} memory`,
    `${cpus} CPU`,
    `${pids} processes`,
    `${formatBytes(diskBytes)} disk`,
  ];
  return [...parts, timeoutMs === null ? "no deadline" : `${formatDuration(timeoutMs)} a run`].join(", ");
}
