import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { SandboxRow, SandboxRows, TransitionFrom } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { directoryOfSandbox, refuseDirectoryInUse } from "./directory-use.ts";
import { claimSandbox } from "./sandbox-claim.ts";
import { listSandboxes } from "./sandbox-list.ts";
import { shiftTimers } from "./sandbox-timers.ts";

const BEHIND_PROXY = `SELECT data FROM sandboxes WHERE substr(data ->> 'network', 1, 6) = 'allow:'
  AND data ->> 'engine' = ? AND data ->> 'state' IN ('running', 'paused')`;

export function createSandboxRows(database: Database): SandboxRows {
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
          refuseVolumeGone(database, row);
          refuseSnapshotGone(database, row);
          refuseNetworkGone(database, row);
          refusePlaceInUse(database, row);
          refuseDirectoryInUse(database, directoryOfSandbox(row));
          insert(database, row);
        }),
      ),
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
    claim: (poolKey, make) => Promise.try(claimSandbox, database, poolKey, make),
    shiftTimers: (milliseconds) => Promise.try(shiftTimers, database, milliseconds),
    all: () =>
      Promise.try(() => {
        return database.all("SELECT data FROM sandboxes").map(read);
      }),
    behindProxy: (engine) => Promise.try(() => database.all(BEHIND_PROXY, engine).map(read)),
    transition: (id, from, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const row = byId(id);
          if (row === undefined || !fits(row, from)) return undefined;
          return write(database, { ...row, ...change, revision: row.revision + 1 });
        }),
      ),
    update: (id, change) => Promise.try(update, id, change),
    touch: (id, lastActiveAt) => Promise.try(() => database.unsynced(() => update(id, { lastActiveAt }))),
    remove: (id) =>
      Promise.try(() =>
        database.transaction(() => {
          database.run("DELETE FROM sandboxes WHERE id = ?", id);
          database.run("DELETE FROM samples WHERE sandbox_id = ?", id);
        }),
      ),
  };
}

/** Between the plan of a sandbox and its row an image may be pulled: time enough to remove the volume. */
function refuseVolumeGone(database: Database, { volume }: SandboxRow): void {
  if (volume === null) return;
  const there = database.get("SELECT id FROM volumes WHERE id = ? AND removing = 0", volume.id);
  if (there !== undefined) return;
  throw new MoorageError("CONFLICT", `The volume "${volume.name}" was removed while the sandbox was being prepared.`, {
    hint: "Repeat the command: it makes the volume anew.",
  });
}

/** Likewise for the snapshot that it is to be made of. */
function refuseSnapshotGone(database: Database, { snapshot }: SandboxRow): void {
  if (snapshot === null) return;
  const sql = "SELECT id FROM snapshots WHERE id = ? AND data ->> 'state' = 'ready'";
  if (database.get(sql, snapshot.id) !== undefined) return;
  const message = `The snapshot "${snapshot.name ?? snapshot.id}" was removed while the sandbox was being prepared.`;
  throw new MoorageError("CONFLICT", message, { hint: "List what there is with `moorage snapshot ls`." });
}

function refuseNetworkGone(database: Database, { network, networkId }: SandboxRow): void {
  if (networkId === null) return;
  const there = database.get("SELECT id FROM networks WHERE id = ? AND removing = 0", networkId);
  if (there !== undefined) return;
  const name = network.replace(/^net:/, "");
  throw new MoorageError("CONFLICT", `The network "${name}" was removed while the sandbox was being prepared.`, {
    hint: `Make it again: moorage network ensure ${name}.`,
  });
}

/** Two sandboxes at one time work in a volume only when both say so, and no two have one host port. */
function refusePlaceInUse(database: Database, { volume, ports, owner }: SandboxRow): void {
  if (volume === null && ports.length === 0) return;
  for (const other of database.all("SELECT data FROM sandboxes").map(read)) {
    const holder = other.owner === owner ? `your sandbox "${other.name ?? other.id}"` : "another sandbox";
    if (volume !== null && other.volume?.id === volume.id && !(volume.shared && other.volume.shared)) {
      throw new MoorageError("CONFLICT", `The volume "${volume.name}" is in use by ${holder}.`, {
        hint: "Remove that sandbox, name another volume, or create both with --share-workspace.",
      });
    }
    const taken = ports.find((port) =>
      other.ports.some((its) => its.hostPort === port.hostPort && its.protocol === port.protocol),
    );
    if (taken === undefined) continue;
    throw new MoorageError("CONFLICT", `The host port ${taken.hostPort}/${taken.protocol} is taken by ${holder}.`, {
      hint: "Name another host port, or let one be chosen with auto.",
    });
  }
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
