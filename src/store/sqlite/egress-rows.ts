import type { EgressRow, EgressRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

/** Decisions that are kept of one sandbox; a program that asks without end pushes its own older ones out. */
const KEPT = 1_000;

export function createEgressRows(database: Database): EgressRows {
  return {
    append: (row) =>
      Promise.try(() => {
        database.run(
          "INSERT INTO egress (owner, sandbox_id, at, host, port, allowed, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
          ...[row.owner, row.sandboxId, row.at, row.host, row.port, row.allowed ? 1 : 0, row.reason],
        );
        database.run(
          `DELETE FROM egress WHERE sandbox_id = ? AND sequence <=
             (SELECT sequence FROM egress WHERE sandbox_id = ? ORDER BY sequence DESC LIMIT 1 OFFSET ${KEPT})`,
          ...[row.sandboxId, row.sandboxId],
        );
      }),
    list: (owner, sandboxId, query) =>
      Promise.try(() => {
        const before = Number(decodeCursor(query.cursor) ?? Number.MAX_SAFE_INTEGER);
        const rows = database.all(
          `SELECT *, sequence AS sort_key FROM egress WHERE owner = ? AND sandbox_id = ? AND sequence < ?
           ORDER BY sequence DESC LIMIT ?`,
          ...[owner, sandboxId, Number.isSafeInteger(before) ? before : 0, query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
  };
}

function read(row: Row): EgressRow {
  return {
    owner: String(row["owner"]),
    sandboxId: String(row["sandbox_id"]),
    at: String(row["at"]),
    host: String(row["host"]),
    port: Number(row["port"]),
    allowed: row["allowed"] === 1,
    reason: typeof row["reason"] === "string" ? row["reason"] : null,
  };
}
