import type { BuildRow, BuildRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import type { Reserve } from "./quota-rows.ts";
import { createWorkRows, readWork } from "./work-rows.ts";

export function createBuildRows(database: Database, reserve: Reserve): BuildRows {
  // What a build has left as cache is known by its record alone.
  const rows = createWorkRows<BuildRow>(database, {
    name: "builds",
    reserve,
    removable: "json_array_length(data, '$.cache') = 0",
  });
  const read = (row: Row): BuildRow => readWork(row) as BuildRow;
  return {
    ...rows,
    find: async (owner, ref) => {
      const byId = await rows.find(owner, ref);
      if (byId !== undefined) return byId;
      const sql = "SELECT * FROM builds WHERE owner = ? AND data ->> 'tag' = ? ORDER BY created_at DESC LIMIT 1";
      const row = database.get(sql, owner, ref);
      return row === undefined ? undefined : read(row);
    },
    withCache: (engine) =>
      Promise.try(() => {
        const sql = `SELECT * FROM builds WHERE json_array_length(data, '$.cache') > 0 AND data ->> 'engine' = ?
          ORDER BY created_at`;
        return database.all(sql, engine).map(read);
      }),
    setCache: (id, cache) =>
      Promise.try(() => {
        const sql = "UPDATE builds SET data = json_set(data, '$.cache', json(?)) WHERE id = ?";
        database.run(sql, JSON.stringify(cache), id);
      }),
  };
}
