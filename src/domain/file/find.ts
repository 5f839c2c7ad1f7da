import { MoorageError } from "../../base/errors.ts";
import type { FileFind, FileStat } from "../../contracts/types.ts";
import type { TreeEntry } from "../../engine/engine.ts";
import type { FileCall } from "./file-call.ts";
import { fileInfo } from "./files.ts";
import { namePattern } from "./name-pattern.ts";
import { sandboxPath } from "./sandbox-path.ts";

type Query = Omit<FileFind, "id">;
type Found = { readonly items: FileStat[]; readonly nextCursor: string | null };

const DEFAULT_LIMIT = 100;

/** One page of what is below a directory, in the order in which trees are walked through. */
export async function findFiles({ context, sandbox, signal }: FileCall, query: Query): Promise<Found> {
  const directory = sandboxPath(query.path ?? ".");
  const { limit = DEFAULT_LIMIT } = query;
  const wanted = entryTest(query);
  const after = query.cursor === undefined ? undefined : pathOfCursor(query.cursor);
  const wish = { path: directory, ...(query.depth === undefined ? {} : { maxDepth: query.depth }) };
  const items: FileStat[] = [];
  let last = "";
  for await (const entry of context.engine.files.walk(sandbox.id, wish, signal)) {
    if ((after !== undefined && comparePaths(entry.path, after) <= 0) || !wanted(entry)) continue;
    if (items.length === limit) return { items, nextCursor: cursorOf(last) };
    items.push({ path: `${directory}/${entry.path}`, ...fileInfo(entry) });
    last = entry.path;
  }
  return { items, nextCursor: null };
}

function entryTest({ name, type, minBytes, maxBytes }: Query): (entry: TreeEntry) => boolean {
  const isNamed = name === undefined ? () => true : namePattern(name);
  return (entry) =>
    (type === undefined || entry.type === type) &&
    (minBytes === undefined || entry.sizeBytes >= minBytes) &&
    (maxBytes === undefined || entry.sizeBytes <= maxBytes) &&
    isNamed(entry.name);
}

/** A directory comes before what is in it, and names in the order of their bytes: part by part, as a walk goes. */
function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a.replaceAll("/", "\0")), Buffer.from(b.replaceAll("/", "\0")));
}

function cursorOf(path: string): string {
  return Buffer.from(path).toString("base64url");
}

function pathOfCursor(cursor: string): string {
  const path = Buffer.from(cursor, "base64url").toString();
  if (cursorOf(path) === cursor && cursor !== "") return path;
  throw new MoorageError("INVALID_INPUT", `The cursor ${JSON.stringify(cursor)} is none of this list.`, {
    hint: "Use the nextCursor of the page before, unchanged.",
  });
}
