import { MoorageError } from "../../base/errors.ts";
import type { ContextSummary } from "../../contracts/types.ts";
import type { ContextRow, ContextRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

export function createContextRows(database: Database): ContextRows {
  return {
    insert: (row, most) =>
      Promise.try(() =>
        database.transaction(() => {
          refuseTooMany(database, row, most);
          const { id, owner, createdAt, expiresAt, dockerfile, ...summary } = row;
          database.run(
            "INSERT INTO contexts (id, owner, created_at, expires_at, summary, dockerfile) VALUES (?, ?, ?, ?, ?, ?)",
            ...[id, owner, createdAt, expiresAt, JSON.stringify(summary), JSON.stringify(dockerfile)],
          );
        }),
      ),
    find: ({ owner, now }, id) =>
      Promise.try(() => {
        const row = database.get(
          "SELECT * FROM contexts WHERE id = ? AND owner = ? AND expires_at > ?",
          ...[id, owner, now],
        );
        return row === undefined ? undefined : read(row);
      }),
    list: ({ owner, now }, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT id, created_at, expires_at, summary, created_at || id AS sort_key FROM contexts
           WHERE owner = ? AND expires_at > ? AND created_at || id < ? ORDER BY created_at DESC, id DESC LIMIT ?`,
          ...[owner, now, decodeCursor(query.cursor) ?? "~", query.limit + 1],
        );
        return toPage(rows, query, readSummary);
      }),
    expired: (now) =>
      Promise.try(() => database.all("SELECT id FROM contexts WHERE expires_at <= ?", now).map(({ id }) => String(id))),
    known: (ids) =>
      Promise.try(() => {
        const rows = database.all(
          "SELECT id FROM contexts WHERE id IN (SELECT value FROM json_each(?))",
          JSON.stringify(ids),
        );
        return new Set(rows.map(({ id }) => String(id)));
      }),
    remove: (id) => Promise.try(() => void database.run("DELETE FROM contexts WHERE id = ?", id)),
  };
}

function refuseTooMany(database: Database, { owner, createdAt }: ContextRow, most: number): void {
  const row = database.get(
    "SELECT count(*) AS n FROM contexts WHERE owner = ? AND expires_at > ?",
    ...[owner, createdAt],
  );
  if (Number(row?.["n"]) < most) return;
  throw new MoorageError("LIMIT_EXCEEDED", `You have ${most} staged contexts, and no more are allowed.`, {
    hint: "Remove one that you do not need: `moorage context ls`, then `moorage context rm`.",
    details: { most },
  });
}

function readSummary(row: Row): ContextSummary {
  const summary = JSON.parse(String(row["summary"])) as Omit<ContextSummary, "id" | "createdAt" | "expiresAt">;
  return {
    ...summary,
    id: String(row["id"]),
    createdAt: String(row["created_at"]),
    expiresAt: String(row["expires_at"]),
  };
}

function read(row: Row): ContextRow {
  const dockerfile = JSON.parse(String(row["dockerfile"])) as ContextRow["dockerfile"];
  return { ...readSummary(row), dockerfile, owner: String(row["owner"]) };
}
