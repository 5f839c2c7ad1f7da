import type { WorkRow, WorkRows } from "../store.ts";
import type { Database, Row as Columns } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";
import type { Reserve } from "./quota-rows.ts";
import { unkept } from "./unkept.ts";

type Table = {
  readonly name: "builds" | "exports";
  /** What those have to be that retention may remove, in SQL. */
  readonly removable?: string;
  readonly reserve?: Reserve;
};

export function createWorkRows<Row extends WorkRow>(database: Database, table: Table): WorkRows<Row> {
  const { name, removable = "TRUE", reserve = (_owner, work) => work() } = table;
  const read = (row: Columns): Row => readWork(row) as Row;
  return {
    insert: (row) =>
      Promise.try(() => {
        const sql = `INSERT INTO ${name} (id, owner, status, holder, created_at, data) VALUES (?, ?, ?, ?, ?, ?)`;
        const values = [row.id, row.owner, row.status, row.holder, row.createdAt, JSON.stringify(row)];
        database.transaction(() => void reserve(row.owner, () => database.run(sql, ...values)));
      }),
    find: (owner, id) =>
      Promise.try(() => {
        const row = database.get(`SELECT * FROM ${name} WHERE id = ? AND owner = ?`, id, owner);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT *, created_at || id AS sort_key FROM ${name} WHERE owner = ? AND created_at || id < ?
           ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[owner, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    open: () => Promise.try(() => database.all(`SELECT * FROM ${name} WHERE status = 'running'`).map(read)),
    claim: (id, from, to) =>
      Promise.try(() => {
        const sql = `UPDATE ${name} SET holder = ? WHERE id = ? AND holder = ? AND status = 'running'`;
        return database.run(sql, to, id, from) === 1;
      }),
    unkept: (retention, now, except = []) =>
      Promise.try(() => unkept(database, retention, { table: name, where: removable, now, except })),
    remove: (...ids) =>
      Promise.try(() => {
        database.run(`DELETE FROM ${name} WHERE id IN (SELECT value FROM json_each(?))`, JSON.stringify(ids));
      }),
  };
}

/** Part of the step that appends its receipt. */
export function closeWork(database: Database, table: Table["name"], row: WorkRow): void {
  database.run(
    `UPDATE ${table} SET status = ?, ended_at = ?, data = ? WHERE id = ?`,
    ...[row.status, row.endedAt, JSON.stringify(row), row.id],
  );
}

export function readWork(row: Columns): WorkRow {
  const data = JSON.parse(String(row["data"])) as WorkRow;
  return { ...data, holder: String(row["holder"]) };
}
