import { keyValues } from "../output/key-values.ts";
import { table, type TableLayout } from "../output/table.ts";
import { NOTHING } from "./cells.ts";
import type { Shown } from "./view.ts";

type Row = Readonly<Record<string, unknown>>;

/** Any answer: a table where it is a list, else its fields. */
export function genericView(output: unknown, layout: TableLayout): Shown {
  if (!isRow(output)) return { out: `${cell(output)}\n` };
  const { items, nextCursor: _nextCursor, ...rest } = output;
  if (!Array.isArray(items)) return { out: keyValues(flat(output), layout) };
  const rows = items.map((item: unknown) => (isRow(item) ? item : { value: item }));
  if (rows.length === 0) return { note: "nothing to list." };
  return { out: rowTable(rows, layout) + (Object.keys(rest).length === 0 ? "" : `\n${keyValues(flat(rest), layout)}`) };
}

function rowTable(rows: readonly Row[], layout: TableLayout): string {
  const names = [...new Set(rows.flatMap((row) => flat(row).map(([name]) => name)))];
  const columns = names.map((name) => ({ header: spaced(name).toUpperCase(), whole: /(?:^id|Id)$/.test(name) }));
  const cells = rows.map((row) => {
    const values = new Map(flat(row));
    return names.map((name) => values.get(name) ?? NOTHING);
  });
  return table(columns, cells, layout);
}

function flat(row: Row, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(row).flatMap(([name, value]): readonly (readonly [string, string])[] =>
    isRow(value) ? flat(value, `${prefix}${name}.`) : [[`${prefix}${name}`, cell(value)]],
  );
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter}`).replaceAll(".", " ");
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
