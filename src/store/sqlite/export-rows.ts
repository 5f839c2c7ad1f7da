import type { ExportRow, ExportRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

export function createExportRows(database: Database): ExportRows {
  return {
    insert: (row) =>
      Promise.try(() => {
        database.run(
          "INSERT INTO exports (id, owner, status, holder, created_at, data) VALUES (?, ?, ?, ?, ?, ?)",
          ...[row.id, row.owner, row.status, row.holder, row.createdAt, JSON.stringify(row)],
        );
      }),
    find: (owner, id) =>
      Promise.try(() => {
        const row = database.get("SELECT * FROM exports WHERE id = ? AND owner = ?", id, owner);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT *, created_at || id AS sort_key FROM exports WHERE owner = ? AND created_at || id < ?
           ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[owner, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    open: () => Promise.try(() => database.all("SELECT * FROM exports WHERE status = 'running'").map(read)),
    claim: (id, from, to) =>
      Promise.try(() => {
        const sql = "UPDATE exports SET holder = ? WHERE id = ? AND holder = ? AND status = 'running'";
        return database.run(sql, to, id, from) === 1;
      }),
  };
}

/** Part of the step that appends its receipt. */
export function closeExport(database: Database, row: ExportRow): void {
  database.run(
    "UPDATE exports SET status = ?, ended_at = ?, data = ? WHERE id = ?",
    ...[row.status, row.endedAt, JSON.stringify(row), row.id],
  );
}

function read(row: Row): ExportRow {
  const data = JSON.parse(String(row["data"])) as ExportRow;
  return { ...data, holder: String(row["holder"]) };
}
