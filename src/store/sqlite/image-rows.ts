import type { ImageRow, ImageRows } from "../store.ts";
import type { Database, Row } from "./database.ts";

export function createImageRows(database: Database): ImageRows {
  return {
    put: (row) =>
      Promise.try(() => {
        const { reference, usedAt, ...data } = row;
        database.run(
          "INSERT OR REPLACE INTO images (reference, used_at, data) VALUES (?, ?, ?)",
          ...[reference, usedAt, JSON.stringify(data)],
        );
      }),
    find: (reference) =>
      Promise.try(() => {
        const row = database.get("SELECT * FROM images WHERE reference = ?", reference);
        return row === undefined ? undefined : read(row);
      }),
    use: (reference, usedAt) =>
      Promise.try(() => void database.run("UPDATE images SET used_at = ? WHERE reference = ?", usedAt, reference)),
    all: () => Promise.try(() => database.all("SELECT * FROM images ORDER BY used_at").map(read)),
    remove: (reference) => Promise.try(() => void database.run("DELETE FROM images WHERE reference = ?", reference)),
  };
}

function read(row: Row): ImageRow {
  const data = JSON.parse(String(row["data"])) as Omit<ImageRow, "reference" | "usedAt">;
  return { ...data, reference: String(row["reference"]), usedAt: String(row["used_at"]) };
}
