import type { z } from "zod";
import { formatBytes, formatDuration } from "../../base/quantities.ts";
import { SandboxHistory, StatsEvent } from "../../contracts/stats.ts";
import type { SandboxStats } from "../../contracts/types.ts";
import { keyValues } from "../output/key-values.ts";
import { sparkline } from "../output/sparkline.ts";
import type { TableLayout } from "../output/table.ts";
import { printable } from "../output/text.ts";
import { bytesCell, NOTHING, timeCell } from "./cells.ts";
import { eventView, view } from "./view.ts";

const WIDEST_LINE = 40;
const NARROWEST_LINE = 8;
/** What stands beside a line of bars: its label, and the figures in words. */
const BESIDE = 56;

/** A line for each sample, which says by itself what its figures are. */
export const statsSample = eventView(StatsEvent, (event) => {
  if (event.type === "ended") return { note: printable(event.reason) };
  const { at, memoryBytes, memoryLimitBytes, cpus, cpuMs, pids, receivedBytes, sentBytes } = event.sample;
  const parts = [
    timeCell(at),
    `memory ${bytesCell(memoryBytes)} of ${formatBytes(memoryLimitBytes)}`,
    `cpu ${cpus ?? NOTHING}${cpuMs === null ? "" : ` (${formatDuration(cpuMs)} so far)`}`,
    `processes ${pids ?? NOTHING}`,
    `received ${bytesCell(receivedBytes)}`,
    `sent ${bytesCell(sentBytes)}`,
  ];
  return { out: `${parts.join("  ")}\n` };
});

export const sandboxHistory = view(SandboxHistory, (history, layout) => {
  const { items, sampling } = history;
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined)
    return { note: `nothing was sampled in this time; ${whoSamples(history)}` };
  const out = keyValues(
    [
      [
        "Time",
        `${timeCell(first.at)} to ${timeCell(last.at)}, ${items.length === 1 ? "1 sample" : `${items.length} samples`}`,
      ],
      [
        "Memory",
        overTime(items, "memoryBytes", { layout, told: formatBytes, end: ` of ${formatBytes(last.memoryLimitBytes)}` }),
      ],
      ["CPU", overTime(items, "cpus", { layout, told: String })],
      ["Processes", overTime(items, "pids", { layout, told: String })],
      ["Processor time", last.cpuMs === null ? NOTHING : formatDuration(last.cpuMs)],
      ["Received", bytesCell(last.receivedBytes)],
      ["Sent", bytesCell(last.sentBytes)],
    ],
    layout,
  );
  return sampling ? { out } : { out, note: whoSamples(history) };
});

type Telling = {
  readonly layout: TableLayout;
  readonly told: (value: number) => string;
  readonly end?: string;
};

/** "▁▂▇█▃ up to 48 MiB of 512 MiB, 12 MiB at the end". */
function overTime(
  items: readonly SandboxStats[],
  field: "memoryBytes" | "cpus" | "pids",
  { layout, told, end = "" }: Telling,
): string {
  const values = items.map((item) => item[field]);
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return NOTHING;
  const width = Math.min(WIDEST_LINE, Math.max(NARROWEST_LINE, layout.width - BESIDE));
  const last = values.at(-1) ?? null;
  const now = last === null ? "" : `, ${told(last)} at the end`;
  return `${sparkline(values, width)} up to ${told(Math.max(...measured))}${end}${now}`;
}

function whoSamples({ sampling, intervalMs }: z.output<typeof SandboxHistory>): string {
  if (sampling) return `a running sandbox is sampled every ${formatDuration(intervalMs)}.`;
  if (intervalMs === 0) return "the server takes no samples (MOORAGE_STATS_INTERVAL is 0).";
  return "samples are taken by a server alone, and this command runs without one: start `moorage serve`.";
}
