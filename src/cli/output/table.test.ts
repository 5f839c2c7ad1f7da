import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStyle } from "./style.ts";
import { table, type Column } from "./table.ts";
import { displayWidth } from "./text.ts";

const style = createStyle(false);
const ID = "k3v9x2m7q1w8e5r4t6y0";
const columns: readonly Column[] = [
  { header: "ID", whole: true },
  { header: "NAME" },
  { header: "SIZE", align: "right" },
  { header: "IMAGE" },
];
const rows = [
  [ID, "demo", "3 MiB", "registry.example.org/team/python:3.11-slim-with-everything"],
  ["a1234567890123456789", "a-very-long-name-that-somebody-gave", "1.5 GiB", "busybox"],
];

describe("a table", () => {
  test("at 120 columns", () => {
    expect(table(columns, rows, { style, width: 120 })).toMatchInlineSnapshot(`
      "ID                    NAME                                    SIZE  IMAGE
      k3v9x2m7q1w8e5r4t6y0  demo                                   3 MiB  registry.example.org/team/python:3.11-slim-with-eve…
      a1234567890123456789  a-very-long-name-that-somebody-gave  1.5 GiB  busybox
      "
    `);
  });

  test("at 80 columns shortens the widest texts", () => {
    expect(table(columns, rows, { style, width: 80 })).toMatchInlineSnapshot(`
      "ID                    NAME                        SIZE  IMAGE
      k3v9x2m7q1w8e5r4t6y0  demo                       3 MiB  registry.example.org/te…
      a1234567890123456789  a-very-long-name-that-…  1.5 GiB  busybox
      "
    `);
  });

  test("at 40 columns leaves out what comes last, never the id", () => {
    expect(table(columns, rows, { style, width: 40 })).toMatchInlineSnapshot(`
      "ID                    NAME          SIZE
      k3v9x2m7q1w8e5r4t6y0  demo         3 MiB
      a1234567890123456789  a-very-l…  1.5 GiB
      "
    `);
  });

  test("at 10 columns is the ids alone, whole", () => {
    expect(table(columns, rows, { style, width: 10 })).toBe(`ID\n${ID}\na1234567890123456789\n`);
  });

  test("without a terminal is whole", () => {
    expect(table(columns, rows, { style, width: Infinity })).toContain(rows[0]?.[3]);
  });

  test("shows control characters, line breaks and wide letters without harm", () => {
    const odd = [
      [ID, "a\nb\u001b[2J\u202e", "1 B", "日本語のイメージ"],
      [ID, 'it\'s "q"', "2 B", "-rf 👩‍👩‍👧"],
    ];
    expect(table(columns, odd, { style, width: 70 })).toMatchInlineSnapshot(`
      "ID                    NAME                 SIZE  IMAGE
      k3v9x2m7q1w8e5r4t6y0  a\\nb\\x1b[2J\\u{202e}   1 B  日本語のイメージ
      k3v9x2m7q1w8e5r4t6y0  it's "q"              2 B  -rf 👩‍👩‍👧
      "
    `);
  });
});

test("any table keeps its rows, one line each, within its width, ids whole", () => {
  const row = fc.tuple(fc.constant(ID), fc.string({ unit: "grapheme" }), fc.string(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 20, max: 200 }), (cells, width) => {
      const lines = table(columns, cells, { style, width }).split("\n");
      expect(lines.length).toBe(cells.length + 2);
      expect(lines.every((line) => displayWidth(line) <= width)).toBe(true);
      expect(lines.slice(1, -1).every((line) => line.startsWith(ID))).toBe(true);
    }),
  );
});
