import type { LentName, LentNames } from "../store.ts";
import type { Database } from "./database.ts";

export function createLentRows(database: Database): LentNames {
  return {
    add: (row) =>
      Promise.try(() => {
        const { engine, reference, holder } = row;
        const sql = "INSERT OR IGNORE INTO lent_names (engine, reference, holder, data) VALUES (?, ?, ?, ?)";
        return database.run(sql, engine, reference, holder, JSON.stringify(row)) === 1;
      }),
    all: () =>
      Promise.try(() => {
        const rows = database.all("SELECT data FROM lent_names ORDER BY engine, reference");
        return rows.map(({ data }) => JSON.parse(String(data)) as LentName);
      }),
    remove: ({ engine, reference, holder }) =>
      Promise.try(() => {
        const sql = "DELETE FROM lent_names WHERE engine = ? AND reference = ? AND holder = ?";
        database.run(sql, engine, reference, holder);
      }),
  };
}
