import { formatBytes } from "../../base/quantities.ts";
import type { Finding, Limits } from "../../contracts/types.ts";
import { failed, ok, warning } from "./finding.ts";
import { remedy } from "./fixes.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./probe.ts";

/** The kernel counts memory in pages, of at most 64 KiB. */
const PAGE_BYTES = 64 * 1024;
const CPU_TOLERANCE = 0.01;

export type LimitName = "memory" | "pids" | "cpus";

type Look = (seen: Seen, limits: Limits, host: Host) => Finding | undefined;

/** Each limit as the inside of the sandbox shows it, against what was asked; undefined where it shows nothing. */
export const SEEN_LIMITS: Readonly<Record<LimitName, Look>> = { memory: seenMemory, pids: seenPids, cpus: seenCpus };

function seenMemory(seen: Seen, { memoryBytes }: Limits, host: Host): Finding | undefined {
  const check = "sandbox.memory";
  const limit = limitOf(seen.one("memory"));
  if (limit === undefined) return undefined;
  const asked = formatBytes(memoryBytes);
  const from = `read inside from ${seen.one("memory.from")}`;
  if (!agrees(limit, memoryBytes, PAGE_BYTES)) {
    const shown = Number.isFinite(limit) ? formatBytes(limit) : "unlimited";
    return failed(check, `Memory is ${shown}, ${from}; asked: ${asked}.`, remedy(host, "limits"));
  }
  if (swapIsLimited(seen, memoryBytes)) return ok(check, `${asked} of memory and no swap beside it, ${from}.`);
  const message = `${asked} of memory, ${from}, but a run may also use the swap space of the engine's host.`;
  return warning(check, message, remedy(host, "limits"));
}

/** True when no swap can be used: none is granted, or the engine's host has none. */
function swapIsLimited(seen: Seen, memoryBytes: number): boolean {
  if (seen.one("swapTotal") === "0") return true;
  const together = limitOf(seen.one("memsw"));
  if (together !== undefined) return agrees(together, memoryBytes, PAGE_BYTES);
  return limitOf(seen.one("swap")) === 0;
}

function seenPids(seen: Seen, { pids }: Limits, host: Host): Finding | undefined {
  const check = "sandbox.pids";
  const limit = limitOf(seen.one("pids"));
  if (limit === undefined) return undefined;
  const from = `read inside from ${seen.one("pids.from")}`;
  if (limit === pids) return ok(check, `${pids} processes, ${from}.`);
  const shown = Number.isFinite(limit) ? String(limit) : "unlimited";
  return failed(check, `Processes are ${shown}, ${from}; asked: ${pids}.`, remedy(host, "limits"));
}

function seenCpus(seen: Seen, { cpus }: Limits, host: Host): Finding | undefined {
  const check = "sandbox.cpus";
  const [quota, period] = seen.one("cpu")?.split(" ") ?? [seen.one("quota"), seen.one("period")];
  const granted = limitOf(quota);
  if (granted === undefined || period === undefined) return undefined;
  const share = granted / Number(period);
  const from = `read inside from ${seen.one("cpu.from") ?? seen.one("quota.from")}`;
  if (agrees(share, cpus, CPU_TOLERANCE)) return ok(check, `A processor share of ${cpus}, ${from}.`);
  const shown = Number.isFinite(share) ? String(share) : "unlimited";
  return failed(check, `The processor share is ${shown}, ${from}; asked: ${cpus}.`, remedy(host, "limits"));
}

/** "max" and -1 are no limit, as is a number that no machine has. */
function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return text === "max" || value < 0 || value > Number.MAX_SAFE_INTEGER ? Infinity : value;
}

function agrees(value: number, asked: number, tolerance: number): boolean {
  return Math.abs(value - asked) < tolerance;
}
