import type { Style } from "./style.ts";
import { displayWidth, pad, printable, truncate } from "./text.ts";

export type Column = {
  readonly header: string;
  /** True for ids and what else is copied from the screen: never shortened. */
  readonly whole?: boolean;
  readonly align?: "left" | "right";
};

export type TableLayout = { readonly style: Style; readonly width: number };

type Sized = Column & { readonly index: number; size: number };

const GAP = 2;
const NARROWEST = 6;

/**
 * Rows under their headers. Where the width is too small, texts are shortened with `…`, and where that is not enough
 * the last columns are left out, never the first; a row is always one line.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], layout: TableLayout): string {
  const cells = rows.map((row) => row.map(printable));
  const shown = fit(
    columns.map((column, index) => ({ ...column, index, size: naturalSize(column, index, cells) })),
    layout.width,
  );
  const headers = columns.map((column) => column.header);
  const lines = [headers, ...cells].map((row) =>
    shown
      .map((column) => cell(column, row))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
  return lines.map((line, index) => `${index === 0 ? layout.style.bold(line) : line}\n`).join("");
}

function naturalSize(column: Column, index: number, rows: readonly (readonly string[])[]): number {
  return Math.max(displayWidth(column.header), ...rows.map((row) => displayWidth(row[index] ?? "")));
}

function fit(columns: readonly Sized[], width: number): readonly Sized[] {
  const least = (column: Sized): number => (column.whole === true ? column.size : Math.min(column.size, NARROWEST));
  const shown = [...columns];
  while (shown.length > 1 && total(shown.map(least)) > width) shown.pop();
  for (let excess = total(shown.map(({ size }) => size)) - width; excess > 0; excess -= 1) {
    const widest = shown.filter((column) => column.size > least(column)).toSorted((a, b) => b.size - a.size)[0];
    if (widest === undefined) break;
    widest.size -= 1;
  }
  return shown;
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0) + GAP * Math.max(0, sizes.length - 1);
}

function cell(column: Sized, row: readonly string[]): string {
  return pad(truncate(row[column.index] ?? "", column.size), column.size, column.align === "right" ? "left" : "right");
}
