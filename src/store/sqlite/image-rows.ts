import type { ImageRow, ImageRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

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
    list: (owner, { prefix = "", ...query }) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT *, data ->> 'createdAt' || reference AS sort_key FROM images
           WHERE data ->> 'owner' = ? AND data ->> 'createdAt' || reference < ? AND substr(reference, 1, ?) = ?
           ORDER BY data ->> 'createdAt' DESC, reference DESC LIMIT ?`,
          ...[owner, decodeCursor(query.cursor) ?? "~", prefix.length, prefix, query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    all: () => Promise.try(() => database.all("SELECT * FROM images ORDER BY used_at").map(read)),
    remove: (reference) => Promise.try(() => void database.run("DELETE FROM images WHERE reference = ?", reference)),
  };
}

function read(row: Row): ImageRow {
  const data = JSON.parse(String(row["data"])) as Omit<ImageRow, "reference" | "usedAt">;
  return { ...data, reference: String(row["reference"]), usedAt: String(row["used_at"]) };
}
