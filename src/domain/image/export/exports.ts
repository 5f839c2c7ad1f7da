import { MoorageError } from "../../../base/errors.ts";
import type { Export, ExportLog } from "../../../contracts/types.ts";
import type { ExportRow, Page, PageQuery } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import type { LogSelection } from "../../run/log/read-log.ts";
import { readWorkLog } from "../work-log.ts";
import { exportView } from "./export-view.ts";

export async function listExports({ context, principal }: Call, query: PageQuery): Promise<Page<Export>> {
  const { items, nextCursor } = await context.store.exports.list(principal.owner, query);
  return { items: items.map(exportView), nextCursor };
}

type Selection = LogSelection & { readonly exportId: string };

/** What happened in an export. */
export async function readExportLog(call: Call, { exportId, ...selection }: Selection): Promise<ExportLog> {
  return { exportId, ...(await readWorkLog(call, await findExport(call, exportId), selection)) };
}

async function findExport({ context, principal }: Call, exportId: string): Promise<ExportRow> {
  const row = await context.store.exports.find(principal.owner, exportId);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no export "${exportId}".`, {
    hint: "List yours with `moorage image exports`.",
  });
}
