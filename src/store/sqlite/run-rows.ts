import type { Page, PageQuery, RunFilter, RunRow, RunRows, RunSummary } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { directoryOfRun, refuseDirectoryInUse } from "./directory-use.ts";
import { decodeCursor, toPage } from "./pages.ts";
import type { Reserve } from "./quota-rows.ts";
import { unkept } from "./unkept.ts";

/** Without the output: a list of many would bring gigabytes of it. */
const SUMMARY = "data, holder, handle, started_ms, ended_at";
const COLUMNS = `${SUMMARY}, stdout, stderr`;

export function createRunRows(database: Database, reserve: Reserve): RunRows {
  return {
    insert: (row) =>
      Promise.try(() => {
        const insert = (): void => {
          database.transaction(() => {
            refuseDirectoryInUse(database, directoryOfRun(row));
            reserve(row.owner, () => insertRow(database, row));
          });
        };
        return row.kind === "exec" ? database.unsynced(insert) : insert();
      }),
    setStarted: (id, { handle, startedMs }) =>
      Promise.try(() => {
        const sql = "UPDATE runs SET handle = ?, started_ms = ? WHERE id = ?";
        database.unsynced(() => database.run(sql, handle, startedMs, id));
      }),
    setReason: (id, reason, from) =>
      Promise.try(() => {
        const where = "id = ? AND status = 'running' AND (? IS NULL OR json_extract(data, '$.reason') = ?)";
        const sql = `UPDATE runs SET data = json_set(data, '$.reason', ?) WHERE ${where}`;
        const noted = from ?? null;
        database.unsynced(() => database.run(sql, reason, id, noted, noted));
      }),
    remove: (...ids) =>
      Promise.try(() => {
        database.run("DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
      }),
    unkept: (retention, now, except = []) =>
      Promise.try(() => unkept(database, retention, { table: "runs", now, except })),
    find: (owner, id) =>
      Promise.try(() => {
        const row = database.get(`SELECT ${COLUMNS} FROM runs WHERE owner = ? AND id = ?`, owner, id);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, filter, query) => Promise.try(listRuns, database, { owner, filter, query }),
    open: () => Promise.try(() => database.all(`SELECT ${COLUMNS} FROM runs WHERE status = 'running'`).map(read)),
    claim: (id, from, to) =>
      Promise.try(() => {
        const sql = "UPDATE runs SET holder = ?, started_ms = NULL WHERE id = ? AND holder = ? AND status = 'running'";
        return database.run(sql, to, id, from) === 1;
      }),
  };
}

type Listing = { readonly owner: string; readonly filter: RunFilter; readonly query: PageQuery };

function listRuns(database: Database, { owner, filter, query }: Listing): Page<RunSummary> {
  const given = [
    ["sandbox_id", filter.sandboxId],
    ["status", filter.status],
    ["kind", filter.kind],
    ["agent_id", filter.agentId],
  ].flatMap(([column, value]) => (column === undefined || value === undefined ? [] : [{ column, value }]));
  const conditions = given.map(({ column }) => ` AND ${column} = ?`).join("");
  const rows = database.all(
    `SELECT ${SUMMARY}, created_at || id AS sort_key FROM runs
     WHERE owner = ?${conditions} AND created_at || id < ? ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...[owner, ...given.map(({ value }) => value), decodeCursor(query.cursor) ?? "~", query.limit + 1],
  );
  return toPage(rows, query, readSummary);
}

function insertRow(database: Database, row: RunRow): void {
  const { id, owner, sandboxId, kind, agentId, status, holder, handle, startedMs } = row;
  const { startedAt, stdout, stderr } = row;
  database.run(
    `INSERT INTO runs (id, owner, sandbox_id, kind, agent_id, status, holder, handle, started_ms, created_at, data,
       stdout, stderr) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[id, owner, sandboxId, kind, agentId, status, holder, handle, startedMs, startedAt, data(row), stdout, stderr],
  );
}

/** Closes a run inside a transaction of the caller's; an absent one is passed over. */
export function closeRun(database: Database, row: RunRow): void {
  database.run(
    "UPDATE runs SET status = ?, holder = ?, ended_at = ?, data = ?, stdout = ?, stderr = ? WHERE id = ?",
    ...[row.status, row.holder, row.endedAt, data(row), row.stdout, row.stderr, row.id],
  );
}

// Output is kept as bytes in columns of its own: it need not be UTF-8.
function data(row: RunRow): string {
  const { stdout: _stdout, stderr: _stderr, ...summary } = row;
  const { holder: _holder, handle: _handle, startedMs: _startedMs, endedAt: _endedAt, ...rest } = summary;
  return JSON.stringify(rest);
}

function read(row: Row): RunRow {
  return { ...readSummary(row), stdout: bytes(row["stdout"]), stderr: bytes(row["stderr"]) };
}

function readSummary(row: Row): RunSummary {
  const rest = JSON.parse(String(row["data"])) as Omit<RunSummary, "holder" | "handle" | "startedMs" | "endedAt">;
  const { handle, started_ms: startedMs, ended_at: endedAt } = row;
  return {
    ...rest,
    holder: String(row["holder"]),
    handle: typeof handle === "string" ? handle : null,
    startedMs: typeof startedMs === "number" ? startedMs : null,
    endedAt: typeof endedAt === "number" ? endedAt : null,
  };
}

function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
