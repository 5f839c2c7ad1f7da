import { z } from "zod";
import { ContextSummary, StagedContext } from "../../contracts/context.ts";
import { page } from "../../contracts/primitives.ts";
import { keyValues } from "../output/key-values.ts";
import { table } from "../output/table.ts";
import { printableLines } from "../output/text.ts";
import { bytesCell, NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

/** The id alone, for a script. */
export const contextStaged = view(StagedContext, ({ id, files, bytes, ignored, dockerfile }) => {
  const left = ignored.count === 0 ? "" : ` Left out: ${leftOut(ignored)}.`;
  const { path, generatedFor } = dockerfile;
  const made = generatedFor === null ? "" : ` Its ${path} was written for ${generatedFor}: moorage context get ${id}`;
  const count = `${files} ${files === 1 ? "file" : "files"}`;
  return { out: `${id}\n`, success: `Staged ${count} (${bytesCell(bytes)}).${left}${made}` };
});

export const contextList = view(page(ContextSummary), ({ items }, layout) => {
  if (items.length === 0) return { note: "no staged contexts; stage one with `moorage context create`." };
  const columns = [
    { header: "ID", whole: true },
    { header: "FILES", whole: true },
    { header: "SIZE", whole: true },
    { header: "LEFT OUT", whole: true },
    { header: "CREATED" },
    { header: "EXPIRES" },
  ];
  const rows = items.map(({ id, files, bytes, ignored, createdAt, expiresAt }) => [
    ...[id, String(files), bytesCell(bytes), String(ignored.count)],
    ...[timeCell(createdAt), timeCell(expiresAt)],
  ]);
  return { out: table(columns, rows, layout) };
});

export const contextDetails = view(StagedContext, (context, layout) => {
  const { path, text, generatedFor } = context.dockerfile;
  const fields = keyValues(
    [
      ["Id", context.id],
      ["Files", String(context.files)],
      ["Size", bytesCell(context.bytes)],
      ["Left out", context.ignored.count === 0 ? NOTHING : leftOut(context.ignored)],
      ["Commit", context.commit ?? NOTHING],
      ["Created", timeCell(context.createdAt)],
      ["Expires", timeCell(context.expiresAt)],
      ["Dockerfile", generatedFor === null ? path : `${path}, written for ${generatedFor}`],
    ],
    layout,
  );
  return { out: `${fields}\n${printableLines(text)}` };
});

export const contextRemoved = view(z.object({ id: z.string() }), ({ id }) => ({ success: `Removed context ${id}.` }));

function leftOut({ count, examples }: StagedContext["ignored"]): string {
  const more = count - examples.length;
  return more > 0 ? `${examples.join(", ")} and ${more} more` : examples.join(", ");
}

type StagedContext = z.output<typeof StagedContext>;
