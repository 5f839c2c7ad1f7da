import { formatBytes } from "../../base/quantities.ts";
import { Image, ImageHistory, ImagePresence, ImagePruned } from "../../contracts/image.ts";
import { ImageSbom } from "../../contracts/image-archive.ts";
import { page } from "../../contracts/primitives.ts";
import { table } from "../output/table.ts";
import { bytesCell, timeCell } from "./cells.ts";
import { isFiltered, view } from "./view.ts";

/** The digest alone, for a script; people are told the rest beside it. */
export const imagePresence = view(ImagePresence, ({ reference, digest, sizeBytes }) =>
  digest === null
    ? { note: `the engine has no image ${reference}.` }
    : { out: `${digest}\n`, success: `The engine has ${reference} (${bytesCell(sizeBytes)}).` },
);

export const imageList = view(page(Image), ({ items }, layout, asked) => {
  if (items.length === 0) {
    const found = isFiltered(asked, ["filter"])
      ? "no image of yours begins so."
      : "no images yet; `moorage image build` makes one.";
    return { note: found };
  }
  const columns = [
    { header: "IMAGE", whole: true },
    { header: "KIND", whole: true },
    { header: "SIZE", align: "right" as const },
    { header: "MADE" },
    { header: "USED" },
    { header: "DIGEST" },
  ];
  const rows = items.map(({ reference, kind, sizeBytes, createdAt, usedAt, digest, missing }) => [
    reference,
    missing ? `${kind}, missing` : kind,
    bytesCell(sizeBytes),
    timeCell(createdAt),
    timeCell(usedAt),
    digest,
  ]);
  return { out: table(columns, rows, layout) };
});

export const imageHistory = view(ImageHistory, ({ steps }, layout) => {
  const columns = [{ header: "MADE", whole: true }, { header: "SIZE", align: "right" as const }, { header: "BY" }];
  const rows = steps.map(({ createdAt, sizeBytes, instruction }) => [
    timeCell(createdAt),
    bytesCell(sizeBytes),
    instruction,
  ]);
  return { out: table(columns, rows, layout) };
});

/** The bill itself, for what reads such bills; people are told the rest beside it. */
export const imageSbom = view(ImageSbom, ({ document, components, warnings, reference }) => ({
  out: `${JSON.stringify(document, undefined, 2)}\n`,
  ...(warnings.length === 0 ? {} : { warning: warnings.join(" ") }),
  success: `Found ${components} packages in ${reference}.`,
}));

export const imagesPruned = view(ImagePruned, ({ images, cacheImages, freedBytes }) => {
  if (images.length === 0 && cacheImages === 0) return { note: "there was nothing to remove." };
  const freed = freedBytes === null ? "" : ` (${formatBytes(freedBytes)})`;
  return {
    out: images.map((reference) => `${reference}\n`).join(""),
    success: `Removed ${images.length} names of images and ${cacheImages} nameless images of builds${freed}.`,
  };
});
