import type { LentName, LentNames } from "../store.ts";
import type { Database } from "./database.ts";

/** Kept among the images under keys that no image can have, for a reference has no space. */
const PREFIX = "lent ";

function keyOf({ engine, reference }: LentName): string {
  return `${PREFIX}${engine} ${reference}`;
}

export function createLentRows(database: Database): LentNames {
  return {
    add: (row) =>
      Promise.try(() => {
        const sql = "INSERT OR IGNORE INTO images (reference, used_at, data) VALUES (?, '', ?)";
        return database.run(sql, keyOf(row), JSON.stringify({ lent: row })) === 1;
      }),
    all: () =>
      Promise.try(() => {
        const rows = database.all("SELECT data FROM images WHERE reference >= 'lent ' AND reference < 'lent!'");
        return rows.map(({ data }) => (JSON.parse(String(data)) as { lent: LentName }).lent);
      }),
    remove: (row) =>
      Promise.try(() => {
        const sql = "DELETE FROM images WHERE reference = ? AND data ->> '$.lent.holder' = ?";
        database.run(sql, keyOf(row), row.holder);
      }),
  };
}
