import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { MoorageError } from "../../base/errors.ts";
import { noSpaceForState } from "../no-space.ts";
import { createDisk } from "./disk.ts";
import { keepCopy, keptCopy } from "./keep-copy.ts";
import { MIGRATIONS, SCHEMAS, statementsOf } from "./migrations.ts";

export type Row = Readonly<Record<string, unknown>>;

/** One SQLite connection; foreign errors are told as STATE_UNUSABLE, a full disk as DISK_FULL. */
export type Database = {
  readonly all: (sql: string, ...values: SQLInputValue[]) => readonly Row[];
  readonly get: (sql: string, ...values: SQLInputValue[]) => Row | undefined;
  /** The number of rows changed. */
  readonly run: (sql: string, ...values: SQLInputValue[]) => number;
  /** Runs `work` alone among all writers; rolls back when it throws. */
  readonly transaction: <T>(work: () => T) => T;
  /**
   * Writes without waiting for the disk: what is written survives the end of this process, and a loss of power from the
   * next write on that does wait.
   */
  readonly unsynced: <T>(work: () => T) => T;
  /** Resolves when all that has been written survives a loss of power; many who wait at one time wait once. */
  readonly sync: () => Promise<void>;
  readonly close: () => void;
};

const IN_MEMORY = ":memory:";
const BUSY_TIMEOUT_MS = 10_000;
const BUSY_PAUSE_MS = 10;
const SQLITE_BUSY = 5;

/** Opens or makes the database at `path` (`:memory:` for one that lives with the process) and brings it up to date. */
export function openDatabase(path: string): Database {
  const connection = translated(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
  const database = connect(path, connection);
  try {
    // FULL: a receipt that was answered survives a loss of power.
    for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]) {
      untilFree(() => database.get(`PRAGMA ${pragma}`));
    }
    migrate(path, database);
  } catch (error) {
    connection.close();
    throw error;
  }
  return database;
}

/** SQLite does not wait by itself for the lock that a change of the journal needs; first starts at once meet there. */
function untilFree(work: () => void): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY;
}

function connect(path: string, connection: DatabaseSync): Database {
  const execute = <T>(work: () => T): T => translated(path, work);
  const prepare = preparedOnce(connection);
  const disk = path === IN_MEMORY ? undefined : createDisk(`${path}-wal`);
  return {
    all: (sql, ...values) => execute(() => prepare(sql).all(...values)),
    get: (sql, ...values) => execute(() => prepare(sql).get(...values)),
    run: (sql, ...values) => execute(() => Number(prepare(sql).run(...values).changes)),
    transaction: (work) => {
      execute(() => prepare("BEGIN IMMEDIATE").run());
      try {
        const result = work();
        execute(() => prepare("COMMIT").run());
        return result;
      } catch (error) {
        if (connection.isTransaction) execute(() => prepare("ROLLBACK").run());
        throw error;
      }
    },
    unsynced: (work) => {
      execute(() => prepare("PRAGMA synchronous = NORMAL").run());
      try {
        return work();
      } finally {
        execute(() => prepare("PRAGMA synchronous = FULL").run());
      }
    },
    sync: async () => {
      try {
        await disk?.sync();
      } catch (error) {
        throw unusable(path, error);
      }
    },
    close: () => {
      disk?.close();
      if (connection.isOpen) connection.close();
    },
  };
}

/** Each statement is compiled once: the texts are few, and none is made of values. */
function preparedOnce(connection: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, known);
    return known;
  };
}

/** Brings a database up to date. STATE_UNUSABLE where these migrations have not made it what it is. */
function migrate(path: string, database: Database): void {
  database.transaction(() => {
    const version = Number(database.get("PRAGMA user_version")?.["user_version"] ?? 0);
    if (version > MIGRATIONS.length) {
      const message = `The state in ${path} has schema ${version}; this Moorage knows up to ${MIGRATIONS.length}.`;
      throw new MoorageError("STATE_UNUSABLE", message, { hint: wayBack(path) });
    }
    refuseForeign(path, database, version);
    if (version > 0 && version < MIGRATIONS.length && path !== IN_MEMORY) translated(path, () => keepCopy(path));
    for (const step of MIGRATIONS.slice(version)) {
      for (const statement of statementsOf(step)) database.run(statement);
    }
    database.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

function wayBack(path: string): string {
  const copy = keptCopy(path);
  const back = copy === undefined ? "" : ` Or go back to the state before the upgrade, in ${copy}: docs/upgrade.md.`;
  return `Install the newer Moorage that wrote it.${back}`;
}

/** What has another schema than its version says would fail later, in the middle of something. */
function refuseForeign(path: string, database: Database, version: number): void {
  const parts = database.all(
    "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  const schema = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  if (version === 0 ? parts.length === 0 : schema === SCHEMAS[version - 1]) return;
  const home = dirname(path);
  const message = `The state in ${path} was written by a working copy of Moorage between releases, or by something else: its tables are not those of schema ${version}.`;
  throw new MoorageError("STATE_UNUSABLE", message, {
    hint: `Move the whole directory away, \`mv ${home} ${home}.old\`, or name another with MOORAGE_HOME; what it had on an engine stays there.`,
    details: { version, schema },
  });
}

function translated<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isUniqueViolation(error)) throw new MoorageError("CONFLICT", "It exists already.", { cause: error });
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): MoorageError {
  if (isFull(error)) return noSpaceForState(path, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new MoorageError("STATE_UNUSABLE", `The state in ${path} cannot be used: ${reason}.`, { cause: error });
}

const SQLITE_CONSTRAINT_UNIQUE = 2067;
/** The database, or its index of what is not yet in it, cannot grow. */
const SQLITE_FULL = 13;
const SQLITE_IOERR_SHMSIZE = 4874;

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errcode" in error) return error.errcode === SQLITE_FULL || error.errcode === SQLITE_IOERR_SHMSIZE;
  return "code" in error && error.code === "ENOSPC";
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_CONSTRAINT_UNIQUE;
}
