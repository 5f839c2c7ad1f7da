import type { Retention } from "../store.ts";
import type { Database } from "./database.ts";

/** How many are let go at a time. */
const BATCH = 500;

type Asked = {
  readonly table: "runs" | "builds" | "exports";
  /** What those have to be that may go, in SQL. */
  readonly where?: string;
  readonly now: number;
  readonly except: readonly string[];
};

/** Some of the ended ones in a table that retention does not keep, oldest first. */
export function unkept(database: Database, { maxAgeMs, maxCount }: Retention, asked: Asked): readonly string[] {
  const { table, where = "TRUE", now, except } = asked;
  const ended = `FROM ${table} WHERE ended_at IS NOT NULL AND ${where}`;
  const oldest = `SELECT id ${ended} AND id NOT IN (SELECT value FROM json_each(?))`;
  const but = JSON.stringify(except);
  const order = "ORDER BY ended_at, id LIMIT ?";
  const count = (): number => Number(database.get(`SELECT count(*) AS ended ${ended}`)?.["ended"] ?? 0);
  const tooMany = maxCount === 0 ? 0 : Math.min(BATCH, count() - except.length - maxCount);
  const rows =
    tooMany > 0
      ? database.all(`${oldest} ${order}`, but, tooMany)
      : database.all(`${oldest} AND ended_at < ? ${order}`, but, maxAgeMs === 0 ? -Infinity : now - maxAgeMs, BATCH);
  return rows.map((row) => String(row["id"]));
}
