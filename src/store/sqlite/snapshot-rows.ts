import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { SnapshotRow, SnapshotRows, SnapshotUser } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

/** Those that their owner sees. */
const SEEN = "data ->> 'state' = 'ready' AND data ->> 'transient' = 0";

/** Two looks for a user: joined with OR they would be one through all sandboxes, as without the plus. */
const LEFTOVER = `SELECT data FROM snapshots
  WHERE (data ->> 'state' <> 'ready' OR data ->> 'transient') AND data ->> 'engine' = ? AND (
    data ->> 'state' <> 'ready' OR NOT EXISTS (
      SELECT 1 FROM sandboxes AS its INDEXED BY sandboxes_of_snapshots
      WHERE its.data ->> '$.snapshot.id' = +snapshots.id AND its.data ->> 'state' <> 'error'
    ) AND NOT EXISTS (
      SELECT 1 FROM sandboxes AS its INDEXED BY sandboxes_on_bases
      WHERE its.data ->> '$.base.id' = +snapshots.id AND its.data ->> 'state' <> 'error'
    )
  )`;

export function createSnapshotRows(database: Database): SnapshotRows {
  const byId = (id: string): SnapshotRow | undefined => {
    const row = database.get("SELECT data FROM snapshots WHERE id = ?", id);
    return row === undefined ? undefined : read(row);
  };
  const write = (row: SnapshotRow): void => {
    database.run("UPDATE snapshots SET data = ? WHERE id = ?", JSON.stringify(row), row.id);
  };
  return {
    insert: (row, most) =>
      Promise.try(() =>
        database.transaction(() => {
          if (!row.transient) refuseTooMany(database, row.owner, most);
          insert(database, row);
        }),
      ),
    find: (owner, ref) =>
      Promise.try(() => {
        const row = database.get(
          `SELECT data FROM snapshots WHERE owner = ? AND (id = ? OR name = ?) AND ${SEEN} ORDER BY id = ? DESC LIMIT 1`,
          ...[owner, ref, ref, ref],
        );
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT data, created_at || id AS sort_key FROM snapshots WHERE owner = ? AND created_at || id < ? AND ${SEEN}
           ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[owner, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    get: (id) => Promise.try(() => byId(id)),
    all: () => Promise.try(() => database.all("SELECT data FROM snapshots").map(read)),
    leftover: (engine) => Promise.try(() => database.all(LEFTOVER, engine).map(read)),
    users: (id) => Promise.try(usersOf, database, id),
    finish: (id, made) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row?.state !== "taking") return false;
          write({ ...row, ...made, state: "ready" });
          return true;
        }),
      ),
    retire: (id) =>
      Promise.try(() =>
        // One transaction from the look for users to the mark: no sandbox begins in between.
        database.transaction(() => {
          const [user] = usersOf(database, id);
          const row = user === undefined ? byId(id) : undefined;
          if (row !== undefined) write({ ...row, state: "removing" });
          return user;
        }),
      ),
    remove: (id) => Promise.try(() => void database.run("DELETE FROM snapshots WHERE id = ?", id)),
  };
}

function usersOf(database: Database, id: string): readonly SnapshotUser[] {
  const users = database.all(
    `SELECT id, name FROM sandboxes
     WHERE (data ->> '$.snapshot.id' = ?1 OR data ->> '$.base.id' = ?1) AND data ->> 'state' <> 'error'`,
    id,
  );
  return users.map((user) => ({ id: String(user["id"]), name: user["name"] as string | null }));
}

function refuseTooMany(database: Database, owner: string, most: number): void {
  const row = database.get("SELECT count(*) AS n FROM snapshots WHERE owner = ? AND data ->> 'transient' = 0", owner);
  if (Number(row?.["n"]) < most) return;
  throw new MoorageError("LIMIT_EXCEEDED", `You have ${most} snapshots, and no more are allowed.`, {
    hint: "Remove one that you do not need: `moorage snapshot ls`, then `moorage snapshot rm`.",
    details: { most },
  });
}

function insert(database: Database, row: SnapshotRow): void {
  try {
    database.run(
      "INSERT INTO snapshots (id, owner, name, created_at, data) VALUES (?, ?, ?, ?, ?)",
      ...[row.id, row.owner, row.name, row.createdAt, JSON.stringify(row)],
    );
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
    throw new MoorageError("CONFLICT", `You have a snapshot "${row.name}" already.`, {
      hint: `Choose another name, or remove that one first: \`moorage snapshot rm ${row.name}\`.`,
      cause: error,
    });
  }
}

function read(row: Row): SnapshotRow {
  return JSON.parse(String(row["data"])) as SnapshotRow;
}
