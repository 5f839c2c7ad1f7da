import { MoorageError } from "../../base/errors.ts";
import type { ImageRow, ImageRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

export function createImageRows(database: Database): ImageRows {
  const find = (reference: string): ImageRow | undefined => {
    const row = database.get("SELECT * FROM images WHERE reference = ?", reference);
    return row === undefined ? undefined : read(row);
  };
  return {
    put: (row) =>
      Promise.try(() => {
        const { reference, usedAt, ...data } = row;
        return database.transaction(() => {
          const before = find(reference);
          if (before !== undefined && before.owner !== row.owner) throw taken(reference);
          database.run(
            "INSERT OR REPLACE INTO images (reference, used_at, data) VALUES (?, ?, ?)",
            ...[reference, usedAt, JSON.stringify(data)],
          );
          return before;
        });
      }),
    find: (reference) => Promise.try(() => find(reference)),
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

function taken(reference: string): MoorageError {
  return new MoorageError("CONFLICT", `The tag ${reference} is in use by an image that is not yours.`, {
    hint: "Choose another --tag, or leave it out.",
  });
}

function read(row: Row): ImageRow {
  const data = JSON.parse(String(row["data"])) as Omit<ImageRow, "reference" | "usedAt">;
  return { ...data, reference: String(row["reference"]), usedAt: String(row["used_at"]) };
}
