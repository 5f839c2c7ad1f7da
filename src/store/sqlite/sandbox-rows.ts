import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { SandboxRow, SandboxRows, TransitionFrom } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { listSandboxes } from "./sandbox-list.ts";
import { shiftTimers } from "./sandbox-timers.ts";

export function createSandboxRows(database: Database): SandboxRows {
  const byId = (id: string): SandboxRow | undefined => {
    const row = database.get("SELECT data FROM sandboxes WHERE id = ?", id);
    return row === undefined ? undefined : read(row);
  };
  return {
    get: (id) => Promise.try(() => byId(id)),
    insert: (row) => Promise.try(insert, database, row),
    find: (owner, ref) =>
      Promise.try(() => {
        const row = database.get(
          `SELECT data FROM sandboxes WHERE owner = ? AND (id = ? OR name = ? OR conversation_id = ?)
         ORDER BY id = ? DESC, name = ? DESC LIMIT 1`,
          ...[owner, ref, ref, ref, ref, ref],
        );
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) => Promise.try(listSandboxes, database, owner, query),
    shiftTimers: (milliseconds) => Promise.try(shiftTimers, database, milliseconds),
    all: () =>
      Promise.try(() => {
        return database.all("SELECT data FROM sandboxes").map(read);
      }),
    transition: (id, from, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row === undefined || !fits(row, from)) return undefined;
          return write(database, { ...row, ...change, revision: row.revision + 1 });
        }),
      ),
    update: (id, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row !== undefined) write(database, { ...row, ...change });
        }),
      ),
    remove: (id) =>
      Promise.try(() => {
        database.run("DELETE FROM sandboxes WHERE id = ?", id);
      }),
  };
}

function insert(database: Database, row: SandboxRow): void {
  try {
    database.run(
      "INSERT INTO sandboxes (id, owner, name, conversation_id, created_at, data) VALUES (?, ?, ?, ?, ?, ?)",
      ...[row.id, row.owner, row.name, row.conversationId, row.createdAt, JSON.stringify(row)],
    );
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
    const taken =
      row.conversationId === null ? `name "${row.name}"` : `name or conversation id "${row.conversationId}"`;
    throw new MoorageError("CONFLICT", `A sandbox with the ${taken} exists already.`, { cause: error });
  }
}

function fits(row: SandboxRow, { states, revision, pending }: TransitionFrom): boolean {
  if (states !== undefined && !states.includes(row.state)) return false;
  if (revision !== undefined && row.revision !== revision) return false;
  return pending === undefined || (row.pending?.id ?? null) === pending;
}

function write(database: Database, row: SandboxRow): SandboxRow {
  database.run("UPDATE sandboxes SET data = ? WHERE id = ?", JSON.stringify(row), row.id);
  return row;
}

function read(row: Row): SandboxRow {
  return JSON.parse(String(row["data"])) as SandboxRow;
}
