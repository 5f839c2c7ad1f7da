import type { ReceiptRow, WorkRow, WorkRows } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { imagesOf } from "../image/images-of.ts";
import { takeBackLeft } from "../image/lent-names.ts";
import { onEngine } from "../on-engine.ts";
import { recordBuildReceipt, recordExportReceipt } from "../receipt/record-receipt.ts";
import type { Attempts } from "./attempts.ts";

type Work<Row extends WorkRow> = {
  readonly kind: "build" | "export";
  readonly rows: WorkRows<Row>;
  /** Removes what one has left on its engine; again where that failed. */
  readonly clear: (row: Row) => Promise<void>;
  readonly record: (row: Row) => Promise<ReceiptRow>;
};

/** Records the builds and exports whose Moorage was ended before them. */
export async function recoverWorks(context: DomainContext, attempts: Attempts): Promise<void> {
  const { store } = context;
  await takeBackLeft(context, ({ reference }, work) => attempts.at({ kind: "image", id: reference }, work));
  await recover(context, attempts, {
    kind: "build",
    rows: store.builds,
    // Its engine has ended it with the connection; what it has left as cache nobody knows.
    clear: () => Promise.resolve(),
    record: (row) => recordBuildReceipt(context, row),
  });
  await recover(context, attempts, {
    kind: "export",
    rows: store.exports,
    clear: async ({ id, engine }) => {
      const committed = `agent-env:export-${id}`;
      await imagesOf(await onEngine(context, engine)).remove(committed);
      await store.images.remove(committed);
    },
    record: (row) => recordExportReceipt(context, row),
  });
}

async function recover<Row extends WorkRow>(
  { holders, logger }: DomainContext,
  attempts: Attempts,
  { kind, rows, clear, record }: Work<Row>,
): Promise<void> {
  for (const row of await rows.open()) {
    const { id, holder } = row;
    if (holders.isAlive(holder)) continue;
    await attempts.at({ kind, id }, async () => {
      await clear(row);
      // Two starts at once: only one records it.
      if (!(await rows.claim(id, holder, holders.self))) return;
      await record({ ...row, status: "interrupted", holder: holders.self });
      logger.info({ operation: `image.${kind}`, id, status: "interrupted" }, "recorded what was interrupted");
    });
  }
}
