import { z } from "zod";
import { page } from "../../contracts/primitives.ts";
import { Snapshot } from "../../contracts/snapshot.ts";
import { keyValues } from "../output/key-values.ts";
import { table } from "../output/table.ts";
import { bytesCell, NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

/** The id alone, for a script. */
export const snapshotTaken = view(Snapshot, ({ id, name, sizeBytes }) => ({
  out: `${id}\n`,
  success: `Snapshot ${name ?? id} is taken (${bytesCell(sizeBytes)}). Next: moorage sandbox create --snapshot ${name ?? id}`,
}));

export const snapshotList = view(page(Snapshot), ({ items }, layout) => {
  if (items.length === 0) return { note: "no snapshots yet; take one with `moorage sandbox snapshot`." };
  const columns = [
    { header: "ID", whole: true },
    { header: "NAME" },
    { header: "OF", whole: true },
    { header: "IMAGE" },
    { header: "SIZE", whole: true },
    { header: "SANDBOXES" },
    { header: "CREATED" },
    { header: "COMMENT" },
  ];
  const rows = items.map(({ id, name, sandboxId, image, sizeBytes, sandboxes, createdAt, comment }) => [
    ...[id, name ?? NOTHING, sandboxId, image ?? NOTHING, bytesCell(sizeBytes)],
    ...[String(sandboxes.length), timeCell(createdAt), comment ?? NOTHING],
  ]);
  return { out: table(columns, rows, layout) };
});

export const snapshotDetails = view(Snapshot, (snapshot, layout) => ({
  out: keyValues(
    [
      ["Id", snapshot.id],
      ["Name", snapshot.name ?? NOTHING],
      ["Comment", snapshot.comment ?? NOTHING],
      ["Owner", snapshot.owner],
      ["Taken of", snapshot.sandboxId],
      ["Image", snapshot.image ?? NOTHING],
      ["Digest", snapshot.digest],
      ["Dependencies", snapshot.dependencies.length === 0 ? NOTHING : snapshot.dependencies.join(", ")],
      ["Engine", snapshot.engine],
      ["Size", `${bytesCell(snapshot.sizeBytes)} beside the image`],
      ["Sandboxes", snapshot.sandboxes.length === 0 ? NOTHING : snapshot.sandboxes.join(", ")],
      ["Created", timeCell(snapshot.createdAt)],
    ],
    layout,
  ),
}));

export const snapshotRemoved = view(z.object({ id: z.string() }), ({ id }) => ({ success: `Removed snapshot ${id}.` }));
