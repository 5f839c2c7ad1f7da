import { MoorageError } from "../../base/errors.ts";
import type { User } from "../../contracts/types.ts";
import type { KeyRow, KeyRows, UserRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";
import { refuseTeamName } from "./team-rows.ts";

const REVOKE = `WITH RECURSIVE made (id) AS (
    SELECT id FROM keys WHERE id = ?1
    UNION SELECT keys.id FROM keys JOIN made ON keys.made_by = made.id
  )
  UPDATE keys SET revoked_at = ?2 WHERE id IN (SELECT id FROM made) AND revoked_at IS NULL RETURNING id`;

export function createKeyRows(database: Database): KeyRows {
  const find = (id: string): KeyRow | undefined => {
    const row = database.get("SELECT * FROM keys WHERE id = ?", id);
    return row === undefined ? undefined : readKey(row);
  };
  return {
    insert: (row) => Promise.try(insertKey, database, row),
    find: (id) => Promise.try(() => find(id)),
    list: (user, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT *, created_at || id AS sort_key FROM keys
           WHERE user = ? AND created_at || id < ? ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[user, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, readKey);
      }),
    revoke: (id, revokedAt) =>
      Promise.try(() => {
        const revoked = database.all(REVOKE, id, revokedAt).map((row) => String(row["id"]));
        const row = find(id);
        return row === undefined ? undefined : { row, also: revoked.filter((each) => each !== id) };
      }),
    touch: (id, lastUsedAt) =>
      Promise.try(() => {
        database.unsynced(() => database.run("UPDATE keys SET last_used_at = ? WHERE id = ?", lastUsedAt, id));
      }),
    any: () => Promise.try(() => database.get("SELECT 1 FROM keys LIMIT 1") !== undefined),
  };
}

export function createUserRows(database: Database): UserRows {
  const find = (name: string): User | undefined => {
    const row = database.get("SELECT data FROM users WHERE name = ?", name);
    return row === undefined ? undefined : readUser(row);
  };
  return {
    insert: (user) =>
      Promise.try(() => {
        database.transaction(() => {
          refuseTeamName(database, user.name);
          database.run("INSERT INTO users (name, data) VALUES (?, ?)", user.name, JSON.stringify(user));
        });
      }),
    find: (name) => Promise.try(() => find(name)),
    list: (query) =>
      Promise.try(() => {
        const rows = database.all(
          "SELECT data, name AS sort_key FROM users WHERE name > ? ORDER BY name LIMIT ?",
          ...[decodeCursor(query.cursor) ?? "", query.limit + 1],
        );
        return toPage(rows, query, readUser);
      }),
    update: (name, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const before = find(name);
          if (before === undefined) return undefined;
          const after = { ...before, ...change };
          database.run("UPDATE users SET data = ? WHERE name = ?", JSON.stringify(after), name);
          return after;
        }),
      ),
  };
}

function insertKey(database: Database, row: KeyRow): void {
  const { id, user, hash, madeBy, createdAt, revokedAt, lastUsedAt, ...data } = row;
  // One step with the look, so that no key is made with one that is being revoked.
  database.transaction(() => {
    if (database.get("SELECT 1 FROM keys WHERE id = ? AND revoked_at IS NOT NULL", madeBy) !== undefined) {
      throw new MoorageError("CONFLICT", `The key ${madeBy} was revoked while it made another.`);
    }
    database.run(
      `INSERT INTO keys (id, user, hash, made_by, created_at, revoked_at, last_used_at, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, user, hash, madeBy, createdAt, revokedAt, lastUsedAt, JSON.stringify(data)],
    );
  });
}

function readKey(row: Row): KeyRow {
  const data = JSON.parse(String(row["data"])) as Omit<KeyRow, "id" | "user" | "hash" | "createdAt" | "revokedAt">;
  return {
    ...data,
    id: String(row["id"]),
    user: String(row["user"]),
    hash: String(row["hash"]),
    madeBy: row["made_by"] as string | null,
    createdAt: String(row["created_at"]),
    revokedAt: row["revoked_at"] as string | null,
    lastUsedAt: row["last_used_at"] as string | null,
  };
}

function readUser(row: Row): User {
  const data = JSON.parse(String(row["data"])) as Omit<User, "identity"> & Partial<Pick<User, "identity">>;
  return { identity: null, ...data };
}
