import type { VolumeRow, VolumeRows, VolumeUser } from "../store.ts";
import type { Database, Row } from "./database.ts";

const COLUMNS = "id, owner, name, engine, created_at, removing";

export function createVolumeRows(database: Database): VolumeRows {
  return {
    insert: ({ id, owner, name, engine, createdAt, removing }) =>
      Promise.try(() => {
        database.run(
          `INSERT INTO volumes (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
          ...[id, owner, name, engine, createdAt, Number(removing)],
        );
      }),
    find: (owner, name) =>
      Promise.try(() => {
        const row = database.get(`SELECT ${COLUMNS} FROM volumes WHERE owner = ? AND name = ?`, owner, name);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner) =>
      Promise.try(() => database.all(`SELECT ${COLUMNS} FROM volumes WHERE owner = ? ORDER BY name`, owner).map(read)),
    retire: (id) => Promise.try(retire, database, id),
    remove: (id) => Promise.try(() => void database.run("DELETE FROM volumes WHERE id = ?", id)),
  };
}

/** One transaction from the look for users to the mark: no sandbox begins in between. */
function retire(database: Database, id: string): VolumeUser | undefined {
  return database.transaction(() => {
    const user = database.get("SELECT id, name FROM sandboxes WHERE data ->> '$.volume.id' = ? LIMIT 1", id);
    if (user !== undefined) return { id: String(user["id"]), name: user["name"] as string | null };
    database.run("UPDATE volumes SET removing = 1 WHERE id = ?", id);
    return undefined;
  });
}

function read(row: Row): VolumeRow {
  return {
    id: String(row["id"]),
    owner: String(row["owner"]),
    name: String(row["name"]),
    engine: String(row["engine"]) as VolumeRow["engine"],
    createdAt: String(row["created_at"]),
    removing: row["removing"] === 1,
  };
}
