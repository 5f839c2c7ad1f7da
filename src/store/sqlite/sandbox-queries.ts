import type { EngineName } from "../../contracts/types.ts";
import type { DueTimes, SandboxGlance, SandboxRow, SandboxRows, StoredState } from "../store.ts";
import type { Database, Row } from "./database.ts";

/** All that it asks for is in the index. */
const GLANCE = `SELECT id, data ->> 'engine' AS engine, data ->> 'state' AS state, data ->> 'revision' AS revision,
  data ->> '$.pending.id' IS NOT NULL AS changing FROM sandboxes WHERE data ->> 'state' = ?`;

/** One query each, with its index: SQLite takes others for them, or all rows, where they are one query. */
const ACTIVE = "SELECT data FROM sandboxes WHERE data ->> 'state' IN ('starting', 'running')";
const CHANGING = "SELECT data FROM sandboxes INDEXED BY sandboxes_changing WHERE data ->> '$.pending.id' IS NOT NULL";
const ENDED = "SELECT data FROM sandboxes INDEXED BY sandboxes_ending WHERE data ->> 'expiresAt' <= ?";
const RESTING = `SELECT data FROM sandboxes INDEXED BY sandboxes_at_rest
  WHERE data ->> 'state' IN ('paused', 'stopped') AND data ->> 'stateSince' <= ?`;

const UNCLAIMED = "SELECT data FROM sandboxes WHERE data ->> 'poolKey' IS NOT NULL ORDER BY +rowid";

const BEHIND_PROXY = `SELECT data FROM sandboxes WHERE substr(data ->> 'network', 1, 6) = 'allow:'
  AND data ->> 'engine' = ? AND data ->> 'state' IN ('running', 'paused')`;

type Queries = Pick<SandboxRows, "all" | "glances" | "due" | "changing" | "unclaimed" | "behindProxy">;

/** What is asked for of all owners. */
export function createSandboxQueries(database: Database): Queries {
  return {
    all: () => Promise.try(() => database.all("SELECT data FROM sandboxes").map(read)),
    glances: (states) => Promise.try(() => states.flatMap((state) => database.all(GLANCE, state).map(readGlance))),
    due: (times) => Promise.try(due, database, times),
    changing: () => Promise.try(() => database.all(CHANGING).map(read)),
    unclaimed: () => Promise.try(() => database.all(UNCLAIMED).map(read)),
    behindProxy: (engine) => Promise.try(() => database.all(BEHIND_PROXY, engine).map(read)),
  };
}

function due(database: Database, { now, restingSince }: DueTimes): readonly SandboxRow[] {
  const found = [
    ...[...database.all(ACTIVE), ...database.all(CHANGING), ...database.all(ENDED, now)],
    ...database.all(RESTING, restingSince),
  ];
  return [...new Map(found.map(read).map((row) => [row.id, row])).values()];
}

function readGlance({ id, engine, state, revision, changing }: Row): SandboxGlance {
  return {
    id: String(id),
    engine: String(engine) as EngineName,
    state: String(state) as StoredState,
    revision: Number(revision),
    changing: changing === 1,
  };
}

function read({ data }: Row): SandboxRow {
  return JSON.parse(String(data)) as SandboxRow;
}
