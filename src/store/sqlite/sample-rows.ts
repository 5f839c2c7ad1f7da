import type { SampleRow, SampleRows } from "../store.ts";
import type { Database, Row } from "./database.ts";

const COLUMNS = "sandbox_id, at, memory_bytes, cpu_ms, pids, received_bytes, sent_bytes";

export function createSampleRows(database: Database): SampleRows {
  return {
    append: (rows, keptSince) =>
      Promise.try(() => database.unsynced(() => database.transaction(() => append(database, rows, keptSince)))),
    list: (sandboxId, { since, limit }) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT ${COLUMNS} FROM samples WHERE sandbox_id = ? AND at >= ? ORDER BY at DESC LIMIT ?`,
          ...[sandboxId, since, limit],
        );
        return rows.map(read).toReversed();
      }),
  };
}

/** One statement for a whole round: a thousand sandboxes cost some milliseconds. */
function append(database: Database, rows: readonly SampleRow[], keptSince: number): void {
  const values = rows.map((row) => [
    ...[row.sandboxId, row.at, row.memoryBytes, row.cpuMs, row.pids, row.receivedBytes, row.sentBytes],
  ]);
  database.run(
    `INSERT OR REPLACE INTO samples (${COLUMNS})
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
     FROM json_each(?) WHERE value ->> 0 IN (SELECT id FROM sandboxes)`,
    JSON.stringify(values),
  );
  database.run(
    `DELETE FROM samples WHERE (sandbox_id, at) IN
       (SELECT old.sandbox_id, old.at FROM json_each(?) AS named JOIN samples AS old ON old.sandbox_id = named.value
        WHERE old.at < ?)`,
    JSON.stringify(rows.map(({ sandboxId }) => sandboxId)),
    keptSince,
  );
}

function read(row: Row): SampleRow {
  const measured = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  return {
    sandboxId: String(row["sandbox_id"]),
    at: Number(row["at"]),
    memoryBytes: measured("memory_bytes"),
    cpuMs: measured("cpu_ms"),
    pids: measured("pids"),
    receivedBytes: measured("received_bytes"),
    sentBytes: measured("sent_bytes"),
  };
}
