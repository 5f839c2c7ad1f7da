import { MoorageError } from "../../../base/errors.ts";
import type { Export, ExportLog } from "../../../contracts/types.ts";
import type { ExportRow, Page, PageQuery } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import { readLog, type LogSelection } from "../../run/log/read-log.ts";
import { exportView } from "./export-view.ts";

export async function listExports({ context, principal }: Call, query: PageQuery): Promise<Page<Export>> {
  const { items, nextCursor } = await context.store.exports.list(principal.owner, query);
  return { items: items.map(exportView), nextCursor };
}

type Selection = LogSelection & { readonly exportId: string };

/** What happened in an export. */
export async function readExportLog(call: Call, { exportId, ...selection }: Selection): Promise<ExportLog> {
  const { id, status, logBytes } = await findExport(call, exportId);
  const log = await readLog(call, { id, status, stdoutBytes: logBytes, stderrBytes: 0 }, selection);
  const texts = log.items.map((item) => {
    if (!("data" in item)) return `… ${item.bytes} bytes are no longer kept …\n`;
    return item.encoding === "utf8" ? item.data : Buffer.from(item.data, "base64").toString();
  });
  return { exportId, status, text: texts.join(""), nextOffset: log.nextOffset, complete: log.complete };
}

async function findExport({ context, principal }: Call, exportId: string): Promise<ExportRow> {
  const row = await context.store.exports.find(principal.owner, exportId);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no export "${exportId}".`, {
    hint: "List yours with `moorage image exports`.",
  });
}
