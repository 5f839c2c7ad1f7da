import { MoorageError } from "../../base/errors.ts";
import type { FileReplaced } from "../../contracts/types.ts";
import type { FileCall } from "./file-call.ts";
import { MAX_FILE_BYTES, once, tooLarge } from "./files.ts";
import { entryPath } from "./sandbox-path.ts";

export type Replacement = {
  readonly path: string;
  readonly search: string;
  readonly replace: string;
  readonly all?: boolean | undefined;
};

const MAX_LINES_TOLD = 20;

/**
 * Replaces a text that occurs once, or all of it. The file is read, and takes the place of the one that was read: what
 * somebody else has written meanwhile is never lost.
 */
export async function replaceInFile(call: FileCall, wish: Replacement): Promise<FileReplaced> {
  const { context, sandbox, signal } = call;
  const path = entryPath(wish.path);
  const { text, version } = await readText(call, path);
  const starts = occurrences(text, wish.search);
  const lines = linesAt(text, starts);
  if (starts.length === 0) throw absent(wish, path);
  if (starts.length > 1 && wish.all !== true) throw ambiguous(path, starts.length, lines);
  const bytes = Buffer.from(text.split(wish.search).join(wish.replace));
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(wish.path);
  await context.engine.files.write(sandbox.id, { path, content: once(bytes), replaces: version }, signal);
  return { path, replacements: starts.length, lines: lines.slice(0, MAX_LINES_TOLD), sizeBytes: bytes.length };
}

async function readText({ context, sandbox, signal }: FileCall, path: string) {
  await using file = await context.engine.files.open(sandbox.id, path, signal);
  if (file.sizeBytes > MAX_FILE_BYTES) throw tooLarge(path);
  const bytes = Buffer.concat(await Array.fromAsync(file.read(0, file.sizeBytes)));
  const text = bytes.toString("utf8");
  if (bytes.includes(0) || !Buffer.from(text, "utf8").equals(bytes)) {
    const message = `${JSON.stringify(path)} is no UTF-8 text, so nothing was replaced in it.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Change binary files with a program in the sandbox." });
  }
  return { text, version: file.version };
}

/** Where the text begins each time, one after the other. */
function occurrences(text: string, search: string): readonly number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + search.length)) starts.push(at);
  return starts;
}

/** The numbers of the lines in which they are. */
function linesAt(text: string, starts: readonly number[]): number[] {
  const lines: number[] = [];
  let line = 1;
  let from = 0;
  for (const start of starts) {
    for (let end = text.indexOf("\n", from); end >= 0 && end < start; end = text.indexOf("\n", from)) {
      line += 1;
      from = end + 1;
    }
    lines.push(line);
  }
  return lines;
}

function absent({ search }: Replacement, path: string): MoorageError {
  const shown = JSON.stringify(search.length > 80 ? `${search.slice(0, 80)}…` : search);
  return new MoorageError(
    "TEXT_NOT_FOUND",
    `${JSON.stringify(path)} does not contain ${shown}; nothing was replaced.`,
    {
      details: { count: 0 },
    },
  );
}

function ambiguous(path: string, count: number, lines: readonly number[]): MoorageError {
  const told = lines.slice(0, MAX_LINES_TOLD);
  const where = `${told.join(", ")}${lines.length > told.length ? ", …" : ""}`;
  const message = `The text occurs ${count} times in ${JSON.stringify(path)} (lines ${where}); expected once.`;
  return new MoorageError("TEXT_AMBIGUOUS", message, { details: { count, lines: told } });
}
