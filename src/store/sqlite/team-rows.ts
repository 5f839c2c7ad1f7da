import { MoorageError } from "../../base/errors.ts";
import type { Team } from "../../contracts/types.ts";
import type { TeamRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

const IS_MEMBER = "EXISTS (SELECT 1 FROM json_each(data, '$.members') WHERE value ->> 'user' = ?2)";

/** What a team may have that nobody could reach after it: ?1 is its name. */
const OWNED = [
  ...["sandboxes", "volumes", "networks", "snapshots", "contexts"].map((table) => `${table} WHERE owner = ?1`),
  "images WHERE data ->> 'owner' = ?1",
  ...["runs", "builds", "exports"].map((table) => `${table} WHERE status = 'running' AND owner = ?1`),
];

export function createTeamRows(database: Database): TeamRows {
  const find = (name: string): Team | undefined => {
    const row = database.get("SELECT data FROM teams WHERE name = ? AND dissolved = 0", name);
    return row === undefined ? undefined : read(row);
  };
  return {
    insert: (team) =>
      Promise.try(() =>
        database.transaction(() => {
          if (database.get("SELECT 1 FROM users WHERE name = ?", team.name) !== undefined) throw taken(team.name);
          database.run("INSERT INTO teams (name, data) VALUES (?, ?)", team.name, JSON.stringify(team));
        }),
      ),
    find: (name) => Promise.try(find, name),
    list: (member, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT data, name AS sort_key FROM teams
           WHERE dissolved = 0 AND name > ?1 AND (?2 IS NULL OR ${IS_MEMBER}) ORDER BY name LIMIT ?3`,
          ...[decodeCursor(query.cursor) ?? "", member ?? null, query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    update: (name, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const before = find(name);
          if (before === undefined) return undefined;
          const after = { ...before, members: change(before) };
          database.run("UPDATE teams SET data = ? WHERE name = ?", JSON.stringify(after), name);
          return after;
        }),
      ),
    dissolve: (name) =>
      Promise.try(() => {
        const owned = OWNED.map((rows) => `AND NOT EXISTS (SELECT 1 FROM ${rows})`).join(" ");
        return database.run(`UPDATE teams SET dissolved = 1 WHERE name = ?1 ${owned}`, name) === 1;
      }),
  };
}

/** Inside the transaction that adds a user. */
export function refuseTeamName(database: Database, name: string): void {
  if (database.get("SELECT 1 FROM teams WHERE name = ?", name) !== undefined) throw taken(name);
}

function taken(name: string): MoorageError {
  return new MoorageError("CONFLICT", `The name "${name}" is taken already.`);
}

function read(row: Row): Team {
  return JSON.parse(String(row["data"])) as Team;
}
