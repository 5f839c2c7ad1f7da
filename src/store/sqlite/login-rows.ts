import type { LoginRow, LoginRows } from "../store.ts";
import type { Database, Row } from "./database.ts";

export function createLoginRows(database: Database): LoginRows {
  return {
    insert: ({ id, hash, user, createdAt, expiresAt, lastUsedAt, vouchedUntil, ...data }, { now, most }) =>
      Promise.try(() =>
        database.transaction(() => {
          database.run("DELETE FROM logins WHERE expires_at <= ?", now);
          database.run(
            `INSERT INTO logins (id, hash, user, created_at, expires_at, last_used_at, vouched_until, data)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
            ...[id, hash, user, createdAt, expiresAt, lastUsedAt, vouchedUntil, JSON.stringify(data)],
          );
          database.run(
            `DELETE FROM logins WHERE id IN
               (SELECT id FROM logins WHERE user = ? ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)`,
            ...[user, most],
          );
        }),
      ),
    find: (hash) =>
      Promise.try(() => {
        const row = database.get("SELECT * FROM logins WHERE hash = ?", hash);
        return row === undefined ? undefined : readLogin(row);
      }),
    vouch: (id, until) =>
      Promise.try(() => void database.run("UPDATE logins SET vouched_until = ? WHERE id = ?", until, id)),
    touch: (id, at) =>
      Promise.try(() => {
        database.unsynced(() => database.run("UPDATE logins SET last_used_at = ? WHERE id = ?", at, id));
      }),
    remove: (id) => Promise.try(() => void database.run("DELETE FROM logins WHERE id = ?", id)),
    removeOf: (user) => Promise.try(() => void database.run("DELETE FROM logins WHERE user = ?", user)),
  };
}

function readLogin(row: Row): LoginRow {
  const data = JSON.parse(String(row["data"])) as Pick<LoginRow, "issuer" | "subject">;
  return {
    ...data,
    id: String(row["id"]),
    hash: String(row["hash"]),
    user: String(row["user"]),
    createdAt: String(row["created_at"]),
    expiresAt: String(row["expires_at"]),
    lastUsedAt: String(row["last_used_at"]),
    vouchedUntil: row["vouched_until"] as string | null,
  };
}
