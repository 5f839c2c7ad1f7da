import { isMoorageError } from "../../base/errors.ts";
import type { FileGrep, FileGrepped, FileMatch } from "../../contracts/types.ts";
import type { OpenFile } from "../../engine/engine.ts";
import type { FileCall } from "./file-call.ts";
import { linesOf } from "./lines.ts";
import { namePattern } from "./name-pattern.ts";
import { sandboxPath } from "./sandbox-path.ts";
import { textSearch, type TextSearch } from "../text-search.ts";

type Query = Omit<FileGrep, "id">;
type Stop = FileGrepped["stoppedBy"];

const DEFAULT_LIMIT = 100;
/** Characters of a line that are shown. */
const MAX_SHOWN = 400;
/** Characters of all lines of an answer. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_BINARY_NAMES = 20;
const MAX_SEARCH_MS = 30_000;

/** Looks for a text in a file, or in every file below a directory. It ends early at its caps, and says so. */
export async function grepFiles(call: FileCall, query: Query): Promise<FileGrepped> {
  const { context } = call;
  const end = context.clock.monotonic() + MAX_SEARCH_MS;
  const { pattern, fixed = false, ignoreCase = false } = query;
  const text = await textSearch(pattern, { fixed, ignoreCase });
  const search = new Search(text, query, () => context.clock.monotonic() > end);
  for await (const path of filesToSearch(call, query)) {
    await using file = await openUnlessGone(call, path);
    if (file !== undefined && (await search.look(path, file))) break;
  }
  return search.result();
}

async function* filesToSearch(call: FileCall, query: Query): AsyncGenerator<string, void, undefined> {
  const { context, sandbox, signal } = call;
  const path = sandboxPath(query.path ?? ".");
  const entry = await context.engine.files.stat(sandbox.id, path, signal);
  if (entry.type === "file") return yield path;
  const wanted = nameTest(query);
  for await (const { type, name, path: below } of context.engine.files.walk(sandbox.id, { path }, signal)) {
    if (type === "file" && wanted(name)) yield `${path}/${below}`;
  }
}

function nameTest({ include, exclude = [] }: Query): (name: string) => boolean {
  const included = include?.map(namePattern);
  const excluded = exclude.map(namePattern);
  return (name) => included?.some((test) => test(name)) !== false && !excluded.some((test) => test(name));
}

/** What was there when the tree was walked through may be gone, or no file any more. */
async function openUnlessGone({ context, sandbox, signal }: FileCall, path: string): Promise<OpenFile | undefined> {
  try {
    return await context.engine.files.open(sandbox.id, path, signal);
  } catch (error) {
    if (isMoorageError(error) && ["FILE_NOT_FOUND", "INVALID_INPUT"].includes(error.code)) return undefined;
    throw error;
  }
}

class Search {
  readonly #search: TextSearch;
  readonly #limit: number;
  readonly #context: number;
  readonly #isLate: () => boolean;
  readonly #matches: FileMatch[] = [];
  readonly #binaryFiles: string[] = [];
  #files = 0;
  #characters = 0;
  #stop: Stop = null;

  constructor(search: TextSearch, { limit, context }: Query, isLate: () => boolean) {
    this.#search = search;
    this.#limit = limit ?? DEFAULT_LIMIT;
    this.#context = context ?? 0;
    this.#isLate = isLate;
  }

  /** True when nothing more is to be looked at. */
  async look(path: string, file: OpenFile): Promise<boolean> {
    this.#files += 1;
    const before: string[] = [];
    let open: FileMatch[] = [];
    let number = 0;
    for await (const line of linesOf(file.read(0, file.sizeBytes))) {
      if (line === undefined) {
        this.#binaryFiles.push(path);
        break;
      }
      number += 1;
      open = open.filter((match) => match.after.length < this.#context);
      for (const match of open) match.after.push(this.#shown(line));
      const found = this.#search(line);
      if (found !== undefined && this.#isFull()) break;
      if (found !== undefined) {
        const text = this.#shown(line, found.start);
        const match = { path, line: number, column: found.start + 1, text, before: [...before], after: [] };
        this.#matches.push(match);
        open.push(match);
      }
      before.push(this.#shown(line));
      if (before.length > this.#context) before.shift();
      if (number % 1000 === 0 && this.#isLate()) break;
    }
    if (this.#stop === null && this.#isLate()) this.#stop = "time";
    return this.#stop !== null;
  }

  #isFull(): boolean {
    if (this.#matches.length >= this.#limit) this.#stop = "matches";
    else if (this.#characters > MAX_CHARACTERS) this.#stop = "size";
    return this.#stop !== null;
  }

  /** A line as far as it is shown; of a long one the part with the match. */
  #shown(line: string, start = 0): string {
    const from = line.length > MAX_SHOWN ? Math.max(0, Math.min(start - MAX_SHOWN / 4, line.length - MAX_SHOWN)) : 0;
    const text = line.slice(from, from + MAX_SHOWN);
    this.#characters += text.length;
    return `${from > 0 ? "…" : ""}${text}${from + MAX_SHOWN < line.length ? "…" : ""}`.toWellFormed();
  }

  result(): FileGrepped {
    return {
      matches: this.#matches,
      filesSearched: this.#files,
      binaryFiles: this.#binaryFiles.slice(0, MAX_BINARY_NAMES),
      binaryCount: this.#binaryFiles.length,
      stoppedBy: this.#stop,
    };
  }
}
