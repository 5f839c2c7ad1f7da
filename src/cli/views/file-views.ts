import { z } from "zod";
import { formatBytes } from "../../base/quantities.ts";
import { FileContent, FileFound, FileInfo, FileStat, FileWritten } from "../../contracts/file.ts";
import { table } from "../output/table.ts";
import { printable } from "../output/text.ts";
import { timeCell } from "./cells.ts";
import { view } from "./view.ts";

const SUFFIXES = { file: "", directory: "/", symlink: "@", other: "?" };

export const fileList = view(z.object({ items: z.array(FileInfo) }), ({ items }, layout) => {
  if (items.length === 0) return { note: "the directory is empty." };
  const columns = [
    { header: "MODE", whole: true },
    { header: "SIZE", align: "right" as const },
    { header: "NAME" },
    { header: "MODIFIED" },
  ];
  const rows = items.map(({ mode, type, sizeBytes, name, modifiedAt }) => [
    mode,
    formatBytes(sizeBytes),
    name + SUFFIXES[type],
    timeCell(modifiedAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const filesFound = view(FileFound, ({ items }, layout) => {
  if (items.length === 0) return { note: "nothing was found." };
  const columns = [
    { header: "PATH", whole: true },
    { header: "SIZE", align: "right" as const },
    { header: "MODE" },
    { header: "MODIFIED" },
  ];
  const rows = items.map(({ mode, type, sizeBytes, path, modifiedAt }) => [
    path + SUFFIXES[type],
    formatBytes(sizeBytes),
    mode,
    timeCell(modifiedAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const directoryMade = view(FileStat, ({ path }) => ({ success: `Made ${printable(path)}` }));
export const fileMoved = view(FileStat, ({ path }) => ({ success: `Moved to ${printable(path)}` }));
export const modeChanged = view(FileStat, ({ path, mode }) => ({ success: `${printable(path)} has mode ${mode} now` }));

/** The file's own bytes, unchanged. */
export const fileContent = view(FileContent, ({ content, encoding }) => ({ out: Buffer.from(content, encoding) }));

export const fileWritten = view(FileWritten, ({ path, sizeBytes }) => ({
  success: `Wrote ${formatBytes(sizeBytes)} to ${printable(path)}`,
}));

export const fileRemoved = view(z.object({ path: z.string() }), ({ path }) => ({
  success: `Removed ${printable(path)}`,
}));
