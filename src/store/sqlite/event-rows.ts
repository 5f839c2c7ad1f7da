import type { EventFacts, EventType } from "../../contracts/types.ts";
import type { EventRow, EventRows } from "../store.ts";
import type { Database, Row } from "./database.ts";

/** Triggers write them: see the step of the schema that makes the table. */
export function createEventRows(database: Database): EventRows {
  return {
    // Of the counter and not of the rows, for there may be none left.
    latest: () =>
      Promise.try(() => Number(database.get("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?.["seq"] ?? 0)),
    after: (sequence, most) =>
      Promise.try(() =>
        database.all("SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, most).map(read),
      ),
  };
}

function read(row: Row): EventRow {
  return {
    sequence: Number(row["sequence"]),
    time: String(row["time"]),
    type: String(row["type"]) as EventType,
    owner: String(row["owner"]),
    kind: String(row["kind"]),
    subject: String(row["subject"]),
    name: row["name"] as string | null,
    facts: JSON.parse(String(row["facts"])) as EventFacts,
  };
}
