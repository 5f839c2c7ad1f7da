import { formatBytes, formatDuration } from "../../base/quantities.ts";
import { Build, BuildEvent, BuildLog } from "../../contracts/build.ts";
import { page } from "../../contracts/primitives.ts";
import type { BuildEvent as Event, Build as BuildData } from "../../contracts/types.ts";
import { createStyle } from "../output/style.ts";
import { table } from "../output/table.ts";
import { bytesCell, durationCell, NOTHING, timeCell } from "./cells.ts";
import { findingLines } from "./image-check-view.ts";
import { eventView, view, type EventView, type Shown } from "./view.ts";

const BAR_CELLS = 20;
const PLAIN = { style: createStyle(false), width: Infinity };

/** A build as it goes on: what its steps print, with how far it is below; at last the tag. */
export function imageBuilding(): EventView {
  let place: (Event & { readonly type: "step" }) | undefined;
  return eventView(BuildEvent, (event) => {
    if (event.type === "step") place = event;
    return { ...shown(event), ...(place === undefined || event.type === "result" ? {} : { progress: bar(place) }) };
  });
}

function shown(event: Event): Shown {
  switch (event.type) {
    case "checked":
      return { err: event.checked.findings.map((finding) => findingLines(finding, PLAIN)).join("") };
    case "waiting":
      return { err: `Waiting for other builds, at place ${event.place} of the queue\n` };
    case "started":
      return {};
    case "warning":
      return { warning: event.message };
    case "step": {
      const line = event.line === null ? "" : ` (line ${event.line})`;
      return { err: `Step ${event.step}/${event.steps}${line}: ${event.instruction}\n` };
    }
    case "cached":
      return { err: "  from cache\n" };
    case "output":
      return { err: event.lines.map((line) => `  ${line}\n`).join("") };
    case "retry":
      return { warning: `The network failed (${event.reason}); trying again in ${formatDuration(event.pauseMs)}.` };
    case "result":
      return { out: `${event.result.tag}\n`, success: success(event.result) };
  }
}

function bar({ step, steps, instruction }: Event & { readonly type: "step" }): string {
  const full = Math.round(((step - 1) / steps) * BAR_CELLS);
  return `[${"#".repeat(full)}${".".repeat(BAR_CELLS - full)}] ${step}/${steps} ${instruction}`;
}

function success({ tag, sizeBytes, steps, cachedSteps, durationMs }: BuildData): string {
  const cached = cachedSteps === null || cachedSteps === 0 ? "" : `, ${cachedSteps} from cache`;
  const size = sizeBytes === null ? "" : `, ${formatBytes(sizeBytes)}`;
  return `Built ${tag}: ${steps ?? 0} steps${cached}${size}, in ${formatDuration(durationMs ?? 0)}.`;
}

export const buildList = view(page(Build), ({ items }, layout) => {
  if (items.length === 0) return { note: "no builds yet; `moorage image build` makes one." };
  const columns = [
    { header: "BUILD", whole: true },
    { header: "TAG" },
    { header: "STATUS", whole: true },
    { header: "STEPS", align: "right" as const },
    { header: "SIZE", align: "right" as const },
    { header: "TOOK", align: "right" as const },
    { header: "BEGUN" },
  ];
  const rows = items.map(({ buildId, tag, status, steps, sizeBytes, durationMs, createdAt }) => [
    buildId,
    tag,
    status,
    steps === null ? NOTHING : String(steps),
    bytesCell(sizeBytes),
    durationCell(durationMs),
    timeCell(createdAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const buildLog = view(BuildLog, ({ text, complete, nextOffset }) => ({
  out: text,
  ...(complete ? {} : { note: `there is more, or it goes on: read on with --offset ${nextOffset}.` }),
}));
