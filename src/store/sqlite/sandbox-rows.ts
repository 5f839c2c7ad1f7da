import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { SandboxRow, SandboxRows, TransitionFrom } from "../store.ts";
import type { Database, Row } from "./database.ts";
import type { Reserve } from "./quota-rows.ts";
import { claimSandbox } from "./sandbox-claim.ts";
import { listSandboxes } from "./sandbox-list.ts";
import { isHostPortTaken, refusePlaceGone, refusePlaceInUse, takeHostPorts } from "./sandbox-places.ts";
import { createSandboxQueries } from "./sandbox-queries.ts";
import { shiftTimers } from "./sandbox-timers.ts";

export function createSandboxRows(database: Database, reserve: Reserve): SandboxRows {
  const byId = (id: string): SandboxRow | undefined => {
    const row = database.get("SELECT data FROM sandboxes WHERE id = ?", id);
    return row === undefined ? undefined : read(row);
  };
  const update = (id: string, change: Partial<SandboxRow>): void => {
    database.transaction(() => {
      const row = byId(id);
      if (row !== undefined) write(database, { ...row, ...change });
    });
  };
  return {
    get: (id) => Promise.try(() => byId(id)),
    insert: (row) =>
      Promise.try(() =>
        database.transaction(() => {
          refusePlaceGone(database, row);
          refusePlaceInUse(database, row);
          reserve(row.owner, () => insert(database, row));
          takeHostPorts(database, row);
        }),
      ),
    find: (owner, ref) =>
      Promise.try(() => {
        const row = database.get(
          // The plus keeps SQLite from looking through all of the owner's instead of in three indexes.
          `SELECT data FROM sandboxes
           WHERE +owner = ?1 AND (id = ?2 OR (owner = ?1 AND name = ?2) OR conversation_id = ?2)
           ORDER BY id = ?2 DESC, name = ?2 DESC LIMIT 1`,
          ...[owner, ref],
        );
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) => Promise.try(listSandboxes, database, owner, query),
    claim: (kind, make) => Promise.try(claimSandbox, { database, reserve }, kind, make),
    shiftTimers: (milliseconds, moved) => Promise.try(shiftTimers, database, milliseconds, moved),
    ...createSandboxQueries(database),
    isHostPortTaken: (hostPort) => Promise.try(isHostPortTaken, database, hostPort),
    transition: (id, from, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row === undefined || !fits(row, from)) return undefined;
          const changed = (): SandboxRow => write(database, { ...row, ...change, revision: row.revision + 1 });
          return change.pending?.action === "start" ? reserve(row.owner, changed) : changed();
        }),
      ),
    update: (id, change) => Promise.try(update, id, change),
    touch: (id, lastActiveAt) => Promise.try(() => database.unsynced(() => update(id, { lastActiveAt }))),
    remove: (id, from = {}) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row === undefined || !fits(row, from)) return false;
          database.run("DELETE FROM sandboxes WHERE id = ?", id);
          database.run("DELETE FROM samples WHERE sandbox_id = ?", id);
          return true;
        }),
      ),
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
