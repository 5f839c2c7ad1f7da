import type { ExportRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { imagesOf } from "../image/images-of.ts";
import { onEngine } from "../on-engine.ts";
import { recordExportReceipt } from "../receipt/record-receipt.ts";
import type { Attempts } from "./attempts.ts";

/** Records the exports whose Moorage was ended before them, and removes what they had made of sandboxes. */
export async function recoverExports(context: DomainContext, attempts: Attempts): Promise<void> {
  const { store, holders } = context;
  for (const row of await store.exports.open()) {
    if (holders.isAlive(row.holder)) continue;
    await attempts.at({ kind: "export", id: row.id }, () => recorded(context, row));
  }
}

/** Two starts at once: only one records it. */
async function recorded(context: DomainContext, row: ExportRow): Promise<void> {
  const { store, holders, logger } = context;
  await imagesOf(await onEngine(context, row.engine)).remove(`agent-env:export-${row.id}`);
  await store.images.remove(`agent-env:export-${row.id}`);
  if (!(await store.exports.claim(row.id, row.holder, holders.self))) return;
  await recordExportReceipt(context, { ...row, status: "interrupted", holder: holders.self });
  logger.info({ operation: "image.export", exportId: row.id, status: "interrupted" }, "recorded an interrupted export");
}
