import type { ReceiptHead } from "../../contracts/types.ts";
import type { Ended, PageQuery, ReceiptRow, ReceiptRows } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { closeRun } from "./run-rows.ts";
import { closeWork } from "./work-rows.ts";
import { decodeCursor, toPage } from "./pages.ts";

const COLUMNS = "sequence, id, owner, text, hash, signature, change";
const BATCH = 500;

type MakeLink = Parameters<ReceiptRows["append"]>[0];

export function createReceiptRows(database: Database): ReceiptRows {
  return {
    append: async (make, ended) => {
      const row = database.unsynced(() => database.transaction(() => append(database, make, ended)));
      if (!("change" in ended)) await database.sync();
      return row;
    },
    find: (owner, id) =>
      Promise.try(() => {
        const row = database.get(`SELECT ${COLUMNS} FROM receipts WHERE owner = ? AND id = ?`, owner, id);
        return row === undefined ? undefined : read(row);
      }),
    list: (owner, query) =>
      Promise.try(() => {
        const rows = database.all(
          `SELECT ${COLUMNS}, sequence AS sort_key FROM receipts WHERE owner = ? AND change = 0 AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
          ...[owner, beforeOf(query), query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    audit: (user, query) =>
      Promise.try(() => {
        // An agent's name begins with its user's and a dot, which no user's name has.
        const whose = user === undefined ? "" : "(owner = ? OR owner GLOB ?) AND";
        const rows = database.all(
          `SELECT ${COLUMNS}, sequence AS sort_key FROM receipts WHERE ${whose} sequence < ? ORDER BY sequence DESC LIMIT ?`,
          ...[...(user === undefined ? [] : [user, `${user}.*`]), beforeOf(query), query.limit + 1],
        );
        return toPage(rows, query, read);
      }),
    chain: () => walk(database),
    head: () =>
      Promise.try(() => {
        const row = database.get("SELECT head FROM receipt_head");
        return row === undefined ? undefined : (JSON.parse(String(row["head"])) as ReceiptHead);
      }),
  };
}

function beforeOf({ cursor }: PageQuery): number {
  const before = Number(decodeCursor(cursor) ?? Number.MAX_SAFE_INTEGER);
  return Number.isSafeInteger(before) ? before : 0;
}

function append(database: Database, make: MakeLink, ended: Ended): ReceiptRow {
  const last = database.get(`SELECT ${COLUMNS} FROM receipts ORDER BY sequence DESC LIMIT 1`);
  const { row, head } = make(last === undefined ? undefined : read(last));
  database.run(
    `INSERT INTO receipts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[row.sequence, row.id, row.owner, row.text, row.hash, row.signature, Number(row.change)],
  );
  database.run("INSERT OR REPLACE INTO receipt_head (only, head) VALUES (1, ?)", JSON.stringify(head));
  if ("run" in ended) closeRun(database, { ...ended.run, receiptId: row.id });
  else if ("export" in ended) closeWork(database, "exports", { ...ended.export, receiptId: row.id });
  else if ("build" in ended) closeWork(database, "builds", { ...ended.build, receiptId: row.id });
  return row;
}

// In batches, so that a chain of any length is walked in constant memory.
async function* walk(database: Database): AsyncGenerator<ReceiptRow> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = database.all(
      `SELECT ${COLUMNS} FROM receipts WHERE sequence > ? ORDER BY sequence LIMIT ?`,
      after,
      BATCH,
    );
    for (const row of rows) {
      after = Number(row["sequence"]);
      yield read(row);
    }
    if (rows.length < BATCH) return;
  }
}

function read(row: Row): ReceiptRow {
  return {
    sequence: Number(row["sequence"]),
    id: String(row["id"]),
    owner: String(row["owner"]),
    text: String(row["text"]),
    hash: String(row["hash"]),
    signature: String(row["signature"]),
    change: row["change"] === 1,
  };
}
