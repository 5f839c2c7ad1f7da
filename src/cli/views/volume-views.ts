import { z } from "zod";
import { Volume } from "../../contracts/place.ts";
import { page } from "../../contracts/primitives.ts";
import { table } from "../output/table.ts";
import { NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

export const volumeList = view(page(Volume), ({ items }, layout) => {
  if (items.length === 0) {
    return { note: "no volumes yet; a sandbox makes one: `moorage sandbox create --workspace volume:NAME`" };
  }
  const columns = [
    { header: "NAME", whole: true },
    { header: "ENGINE" },
    { header: "CREATED", whole: true },
    { header: "SANDBOXES" },
  ];
  const rows = items.map(({ name, engine, createdAt, sandboxes }) => [
    name,
    engine,
    timeCell(createdAt),
    sandboxes.length === 0 ? NOTHING : sandboxes.join(", "),
  ]);
  return { out: table(columns, rows, layout) };
});

export const volumeRemoved = view(z.object({ name: z.string() }), ({ name }) => ({
  success: `Removed volume ${name} with its files.`,
}));
