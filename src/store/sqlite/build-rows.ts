import type { BuildRow, BuildRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

export function createBuildRows(database: Database): BuildRows {
  return {
    insert: (row) =>
      Promise.try(() => {
        database.run(
          "INSERT INTO builds (id, owner, tag, status, holder, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
          ...[row.id, row.owner, row.tag, row.status, row.holder, row.createdAt, JSON.stringify(row)],
        );
      }),
    find: (owner, ref) =>
      Promise.try(() => {
        const row =
          database.get("SELECT * FROM builds WHERE id = ? AND owner = ?", ref, owner) ??
          database.get("SELECT * FROM builds WHERE owner = ? AND tag = ? ORDER BY created_at DESC LIMIT 1", owner, ref);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT *, created_at || id AS sort_key FROM builds WHERE owner = ? AND created_at || id < ?
           ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[owner, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    open: () => Promise.try(() => database.all("SELECT * FROM builds WHERE status = 'running'").map(read)),
    claim: (id, from, to) =>
      Promise.try(() => {
        const sql = "UPDATE builds SET holder = ? WHERE id = ? AND holder = ? AND status = 'running'";
        return database.run(sql, to, id, from) === 1;
      }),
    withCache: (engine) =>
      Promise.try(() => {
        const sql = `SELECT * FROM builds WHERE json_array_length(data, '$.cache') > 0 AND data ->> 'engine' = ?
          ORDER BY created_at`;
        return database.all(sql, engine).map(read);
      }),
    setCache: (id, cache) =>
      Promise.try(() => {
        const sql = "UPDATE builds SET data = json_set(data, '$.cache', json(?)) WHERE id = ?";
        database.run(sql, JSON.stringify(cache), id);
      }),
  };
}

/** Part of the step that appends its receipt. */
export function closeBuild(database: Database, row: BuildRow): void {
  database.run(
    "UPDATE builds SET status = ?, ended_at = ?, data = ? WHERE id = ?",
    ...[row.status, row.endedAt, JSON.stringify(row), row.id],
  );
}

function read(row: Row): BuildRow {
  const data = JSON.parse(String(row["data"])) as BuildRow;
  return { ...data, holder: String(row["holder"]) };
}
