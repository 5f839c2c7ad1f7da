import type { z } from "zod";
import { page } from "../../contracts/primitives.ts";
import { Quotas } from "../../contracts/quota.ts";
import { table, type TableLayout } from "../output/table.ts";
import { bytesCell, NOTHING } from "./cells.ts";
import { view } from "./view.ts";

export const quotaDetails = view(Quotas, (quotas, layout) => ({ out: quotaTable([quotas], layout) }));

export const quotaList = view(page(Quotas), ({ items }, layout) => {
  if (items.length === 0) return { note: "no quotas of single users; set some with `moorage quota set`." };
  return { out: quotaTable(items, layout) };
});

function quotaTable(items: readonly z.output<typeof Quotas>[], layout: TableLayout): string {
  const columns = [
    { header: "USER", whole: true },
    { header: "QUOTA", whole: true },
    { header: "USED" },
    { header: "ALLOWED" },
    { header: "SET FOR" },
  ];
  const rows = items.flatMap(({ user, quotas }) =>
    quotas.map(({ quota, used, allowed, own }) => [
      ...[user, quota, amount(quota, used), amount(quota, allowed)],
      own ? "this user" : allowed === null ? NOTHING : "everybody",
    ]),
  );
  return table(columns, rows, layout);
}

function amount(quota: string, value: number | null): string {
  if (value === null) return NOTHING;
  return quota.endsWith("Bytes") ? bytesCell(value) : String(value);
}
