import { Export, ExportLog, ImageExportEvent } from "../../contracts/image-export.ts";
import { page } from "../../contracts/primitives.ts";
import { table } from "../output/table.ts";
import { bytesCell, durationCell, NOTHING, timeCell } from "./cells.ts";
import { layerBar } from "./image-transfer-views.ts";
import { eventView, view, type EventView } from "./view.ts";

/**
 * Exports as they go on, those that go on at once on one line; on stdout a line for each that was pushed, a service and
 * where it is, for a script.
 */
export function imageExporting(): EventView {
  const add = layerBar();
  const going = new Set<string>();
  return eventView(ImageExportEvent, (event) => {
    switch (event.type) {
      case "started":
        going.add(event.service);
        return { progress: [...going].join(", ") };
      case "warning":
        return { warning: `${event.service}: ${event.message}` };
      case "layer": {
        const layer = `${event.service} ${event.layer}`;
        return { progress: `${[...going].join(", ")}: ${add({ ...event, layer })}` };
      }
      case "ended":
        going.delete(event.service);
        return event.export.status === "succeeded" ? pushed(event.export) : failed(event.export);
      case "result":
        return {};
    }
  });
}

type Ended = (typeof Export)["_output"];

function pushed({ service, reference, digest, digestReference, sizeBytes, layersPushed, layersReused }: Ended) {
  const layers = `${layersPushed ?? 0} layers sent, ${layersReused ?? 0} there already`;
  return {
    out: `${service} ${reference}@${digest ?? ""}\n`,
    success: `Pushed ${reference} and ${digestReference ?? ""} (${bytesCell(sizeBytes)}, ${layers}).`,
  };
}

function failed({ service, failure, exportId }: Ended) {
  const why = failure === null ? "it was canceled." : [failure.message, failure.hint ?? ""].join(" ").trim();
  return { warning: `${service} was not exported: ${why} See \`moorage image export-log ${exportId}\`.` };
}

export const exportList = view(page(Export), ({ items }, layout) => {
  if (items.length === 0) return { note: "no exports yet; `moorage image export` makes one." };
  const columns = [
    { header: "EXPORT", whole: true },
    { header: "SERVICE", whole: true },
    { header: "STATUS", whole: true },
    { header: "SIZE", align: "right" as const },
    { header: "TOOK", align: "right" as const },
    { header: "BEGUN" },
    { header: "TO" },
    { header: "DIGEST" },
  ];
  const rows = items.map((row) => [
    ...[row.exportId, row.service, row.status, bytesCell(row.sizeBytes), durationCell(row.durationMs)],
    ...[timeCell(row.createdAt), row.reference, row.digest ?? NOTHING],
  ]);
  return { out: table(columns, rows, layout) };
});

export const exportLog = view(ExportLog, ({ text, complete, nextOffset }) => ({
  out: text,
  ...(complete ? {} : { note: `there is more, or it goes on: read on with --offset ${nextOffset}.` }),
}));
