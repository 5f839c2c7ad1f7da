import type { BuildRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { recordBuildReceipt } from "../receipt/record-receipt.ts";
import type { Attempts } from "./attempts.ts";

/**
 * Records the builds whose Moorage was ended before them; their engine has ended them with the connection. What such a
 * build has left as cache nobody knows.
 */
export async function recoverBuilds(context: DomainContext, attempts: Attempts): Promise<void> {
  const { store, holders } = context;
  for (const row of await store.builds.open()) {
    if (holders.isAlive(row.holder)) continue;
    await attempts.at({ kind: "build", id: row.id }, () => recorded(context, row));
  }
}

/** Two starts at once: only one records it. */
async function recorded(context: DomainContext, row: BuildRow): Promise<void> {
  const { store, holders, logger } = context;
  if (!(await store.builds.claim(row.id, row.holder, holders.self))) return;
  const ended: BuildRow = { ...row, status: "interrupted", holder: holders.self };
  await recordBuildReceipt(context, ended);
  logger.info({ operation: "image.build", buildId: row.id, status: ended.status }, "recorded an interrupted build");
}
