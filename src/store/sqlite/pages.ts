import { MoorageError } from "../../base/errors.ts";
import type { Page, PageQuery } from "../store.ts";
import type { Row } from "./database.ts";

/** Splits what was read (one row more than asked for) into a page; a cursor is the `sort_key` of the page's last row. */
export function toPage<T>(rows: readonly Row[], query: PageQuery, read: (row: Row) => T): Page<T> {
  const kept = rows.slice(0, query.limit);
  const last = kept.at(-1);
  const nextCursor = rows.length > query.limit && last !== undefined ? encodeCursor(String(last["sort_key"])) : null;
  return { items: kept.map(read), nextCursor };
}

/** The sort key of a cursor; undefined: from the start. INVALID_INPUT when it is none of ours. */
export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (key === "" || encodeCursor(key) !== cursor) {
    throw new MoorageError("INVALID_INPUT", `The cursor "${cursor}" is not one that a page answered.`);
  }
  return key;
}

function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}
