import type { VolumeRow, VolumeRows } from "../store.ts";
import type { Database, Row } from "./database.ts";

const COLUMNS = "id, owner, name, engine, created_at";

export function createVolumeRows(database: Database): VolumeRows {
  return {
    insert: ({ id, owner, name, engine, createdAt }) =>
      Promise.try(() => {
        database.run(`INSERT INTO volumes (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`, id, owner, name, engine, createdAt);
      }),
    find: (owner, name) =>
      Promise.try(() => {
        const row = database.get(`SELECT ${COLUMNS} FROM volumes WHERE owner = ? AND name = ?`, owner, name);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner) =>
      Promise.try(() => database.all(`SELECT ${COLUMNS} FROM volumes WHERE owner = ? ORDER BY name`, owner).map(read)),
    remove: (id) => Promise.try(() => void database.run("DELETE FROM volumes WHERE id = ?", id)),
  };
}

function read(row: Row): VolumeRow {
  return {
    id: String(row["id"]),
    owner: String(row["owner"]),
    name: String(row["name"]),
    engine: String(row["engine"]) as VolumeRow["engine"],
    createdAt: String(row["created_at"]),
  };
}
