import type { SQLInputValue } from "node:sqlite";
import type { Page, PageQuery, SandboxFilter, SandboxRow } from "../store.ts";
import type { Database } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

type Condition = { readonly sql: string; readonly values: readonly SQLInputValue[] };

/** The owner's sandboxes that fit all of the filter, newest first. */
export function listSandboxes(database: Database, owner: string, query: PageQuery & SandboxFilter): Page<SandboxRow> {
  const conditions: Condition[] = [
    { sql: "owner = ?", values: [owner] },
    { sql: "created_at || id < ?", values: [decodeCursor(query.cursor) ?? "~"] },
    ...filterConditions(query),
  ];
  const rows = database.all(
    `SELECT data, created_at || id AS sort_key FROM sandboxes WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}
     ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...conditions.flatMap(({ values }) => values),
    query.limit + 1,
  );
  return toPage(rows, query, (row) => JSON.parse(String(row["data"])) as SandboxRow);
}

function filterConditions({ states, labels, namePrefix, image }: SandboxFilter): Condition[] {
  const conditions: Condition[] = [];
  if (states !== undefined) {
    conditions.push({ sql: `data ->> 'state' IN (${states.map(() => "?").join(", ")})`, values: states });
  }
  for (const [key, value] of labels ?? []) {
    const sql = "EXISTS (SELECT 1 FROM json_each(data, '$.labels') AS label WHERE label.key = ? AND label.value = ?)";
    conditions.push({ sql, values: [key, value] });
  }
  if (namePrefix !== undefined) {
    conditions.push({ sql: "substr(name, 1, length(?)) = ?", values: [namePrefix, namePrefix] });
  }
  if (image !== undefined) conditions.push({ sql: "data ->> 'image' = ?", values: [image] });
  return conditions;
}
