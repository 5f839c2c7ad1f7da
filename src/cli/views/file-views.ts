import { z } from "zod";
import { formatBytes } from "../../base/quantities.ts";
import {
  FileChanged,
  FileContent,
  FileFound,
  FileGrepped,
  FileInfo,
  FileReplaced,
  FileStat,
  FileWatchEvent,
  FileWritten,
} from "../../contracts/file.ts";
import { table } from "../output/table.ts";
import { printable } from "../output/text.ts";
import { timeCell } from "./cells.ts";
import { eventView, view, type Shown } from "./view.ts";

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

const STOPPED = {
  matches: "there may be more: raise --limit",
  size: "there may be more: the answer would be too long; look for less",
  time: "there may be more: the search took too long; name a smaller directory",
};

/** As `grep -n` writes it, so that editors and scripts can follow: each line once, `--` where lines are left out. */
export const linesFound = view(FileGrepped, ({ matches, binaryCount, stoppedBy }) => {
  const lines = numbered(matches);
  const binary =
    binaryCount === 0 ? [] : [`${binaryCount} binary ${binaryCount === 1 ? "file was" : "files were"} left out`];
  const notes = [...(lines.length === 0 ? ["nothing was found"] : []), ...binary];
  if (stoppedBy !== null) notes.push(STOPPED[stoppedBy]);
  return {
    ...(lines.length === 0 ? {} : { out: lines.map((line) => `${printable(line)}\n`).join("") }),
    ...(notes.length === 0 ? {} : { note: `${notes.join("; ")}.` }),
  };
});

type Match = z.output<typeof FileGrepped>["matches"][number];

function numbered(matches: readonly Match[]): readonly string[] {
  const shown = new Map<string, { path: string; line: number; text: string; mark: ":" | "-" }>();
  for (const { path, line, text, before, after } of matches) {
    const around = [...before, text, ...after];
    for (const [index, each] of around.entries()) {
      const at = line - before.length + index;
      const key = `${path}\0${at}`;
      if (at === line) shown.set(key, { path, line, text, mark: ":" });
      else if (!shown.has(key)) shown.set(key, { path, line: at, text: each, mark: "-" });
    }
  }
  const inContext = matches.some(({ before, after }) => before.length + after.length > 0);
  let last: { path: string; line: number } | undefined;
  return [...shown.values()].flatMap(({ path, line, text, mark }) => {
    const apart = inContext && last !== undefined && !(last.path === path && last.line === line - 1);
    last = { path, line };
    return [...(apart ? ["--"] : []), `${path}${mark}${line}${mark}${text}`];
  });
}

export const textReplaced = view(FileReplaced, ({ path, replacements, lines }) => ({
  success: `Replaced ${replacements === 1 ? `the text in line ${lines[0]}` : `${replacements} texts`} of ${printable(path)}`,
}));

export const filesChanged = view(FileChanged, ({ items, since, truncated, rootKnown }, layout) => {
  const rows = items.map(({ change, place, path }) => [change, place, path]);
  const columns = [{ header: "CHANGE" }, { header: "WHERE" }, { header: "PATH", whole: true }];
  const notes = [
    ...(items.length === 0 ? [`nothing has changed since ${timeCell(since)}`] : []),
    ...(truncated ? ["there is more: raise --limit"] : []),
    ...(rootKnown ? [] : ["this engine does not tell what changed outside the workspace"]),
  ];
  return {
    ...(items.length === 0 ? {} : { out: table(columns, rows, layout) }),
    ...(notes.length === 0 ? {} : { note: `${notes.join("; ")}.` }),
  };
});

/** A line for each change on stdout; what is said about the watch itself goes beside it. */
export const fileWatched = eventView(FileWatchEvent, (event): Shown => {
  if (event.type === "ready") {
    const entries = event.entries === 1 ? "1 entry" : `${event.entries} entries`;
    const method = event.method === "inotify" ? "" : ", looked at once a second";
    return { note: `watching ${printable(event.path)} (${entries}${method}); Ctrl-C ends it.` };
  }
  if (event.type === "overflow") {
    return { note: `${event.dropped} more changes came at once and are not told; list the directory anew.` };
  }
  const told = event.type === "moved" ? `${printable(event.from)} -> ${printable(event.path)}` : printable(event.path);
  return { out: `${event.type.padEnd("created".length)}  ${told}\n` };
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
