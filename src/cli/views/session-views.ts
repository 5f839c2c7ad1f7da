import { z } from "zod";
import { Session } from "../../contracts/session.ts";
import { table } from "../output/table.ts";
import { NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

export const sessionList = view(z.object({ items: z.array(Session) }), ({ items }, layout) => {
  if (items.length === 0) return { note: "no sessions." };
  const columns = [
    { header: "NAME", whole: true },
    { header: "RUN", whole: true },
    { header: "LAST USED" },
    { header: "CREATED" },
  ];
  const rows = items.map(({ name, runId, lastUsedAt, createdAt }) => [
    name,
    runId ?? NOTHING,
    timeCell(lastUsedAt),
    timeCell(createdAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const sessionRemoved = view(z.object({ name: z.string() }), ({ name }) => ({
  success: `Ended session ${name}.`,
}));
