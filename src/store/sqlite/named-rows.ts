import type { NamedRow, NamedRows, NamedUser } from "../store.ts";
import type { Database, Row } from "./database.ts";

const COLUMNS = "id, owner, name, engine, created_at, removing";

/** Who uses a thing with the id `?`. */
const USERS = {
  volumes: `SELECT id, 'sandbox' AS kind, name, data ->> 'state' AS state FROM sandboxes
    WHERE data ->> '$.volume.id' = ? AND data ->> 'state' <> 'error'`,
  networks: `SELECT user.* FROM networks JOIN (
      SELECT id, owner, 'sandbox' AS kind, name, data ->> 'state' AS state, data ->> 'network' AS network FROM sandboxes
      WHERE data ->> 'state' <> 'error'
      UNION ALL SELECT sandbox_id, owner, kind, agent_id, status, data ->> 'network' FROM runs
      WHERE status = 'running' AND kind <> 'exec'
    ) AS user ON user.owner = networks.owner AND user.network = 'net:' || networks.name WHERE networks.id = ?`,
} as const;

/** The rows of a table of named things. */
export function createNamedRows(database: Database, table: keyof typeof USERS): NamedRows {
  const users = (id: string): NamedUser[] => database.all(USERS[table], id).map(readUser);
  return {
    insert: ({ id, owner, name, engine, createdAt, removing }) =>
      Promise.try(() => {
        database.run(
          `INSERT INTO ${table} (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
          ...[id, owner, name, engine, createdAt, Number(removing)],
        );
      }),
    find: (owner, name) =>
      Promise.try(() => {
        const row = database.get(`SELECT ${COLUMNS} FROM ${table} WHERE owner = ? AND name = ?`, owner, name);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner) =>
      Promise.try(() => database.all(`SELECT ${COLUMNS} FROM ${table} WHERE owner = ? ORDER BY name`, owner).map(read)),
    ids: (engine) =>
      Promise.try(
        () => new Set(database.all(`SELECT id FROM ${table} WHERE engine = ?`, engine).map((row) => String(row["id"]))),
      ),
    users: (id) => Promise.try(users, id),
    // One transaction from the look for users to the mark: nobody begins in between.
    retire: (id, { inUse = false } = {}) =>
      Promise.try(() =>
        database.transaction(() => {
          const found = inUse ? [] : users(id);
          if (found.length === 0) database.run(`UPDATE ${table} SET removing = 1 WHERE id = ?`, id);
          return found;
        }),
      ),
    remove: (id) => Promise.try(() => void database.run(`DELETE FROM ${table} WHERE id = ?`, id)),
  };
}

function read(row: Row): NamedRow {
  return {
    id: String(row["id"]),
    owner: String(row["owner"]),
    name: String(row["name"]),
    engine: String(row["engine"]) as NamedRow["engine"],
    createdAt: String(row["created_at"]),
    removing: row["removing"] === 1,
  };
}

function readUser(row: Row): NamedUser {
  return {
    id: String(row["id"]),
    kind: String(row["kind"]) as NamedUser["kind"],
    name: row["name"] as string | null,
    state: String(row["state"]),
  };
}
