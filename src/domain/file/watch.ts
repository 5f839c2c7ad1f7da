import { throwIfCanceled } from "../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { FileWatchEvent } from "../../contracts/types.ts";
import type { TreeEntry } from "../../engine/engine.ts";
import type { FileCall } from "./file-call.ts";
import { fileInfo } from "./files.ts";
import { sandboxPath } from "./sandbox-path.ts";

type Snapshot = ReadonlyMap<string, TreeEntry>;

/** How long nothing is looked at where nothing is said to have changed. */
const LOOK_MS = 1_000;
/** Entries that are remembered of one tree. */
const MAX_ENTRIES = 100_000;
/** Events between two looks; more are counted, not told. */
const MAX_EVENTS = 5_000;

/**
 * What the difference between two looks at a tree is, again and again. A reader that is slow gets fewer looks, not more
 * memory; the watch ends when the reader leaves, and when the directory is gone.
 */
export async function* watchFiles(call: FileCall, path: string): AsyncGenerator<FileWatchEvent, void, undefined> {
  const { context, sandbox, signal } = call;
  const directory = sandboxPath(path);
  await using watch = await context.engine.files.watch(sandbox.id, directory, signal);
  let before = await look(call, directory);
  yield { type: "ready", path: directory, entries: before.size, method: watch.method };
  for (;;) {
    await watch.changed(LOOK_MS);
    throwIfCanceled(signal);
    const after = await lookUnlessGone(call, directory);
    if (after === undefined) return yield { type: "removed", path: directory };
    const events = differences(before, after, directory);
    yield* events.slice(0, MAX_EVENTS);
    if (events.length > MAX_EVENTS) yield { type: "overflow", dropped: events.length - MAX_EVENTS };
    before = after;
  }
}

async function look({ context, sandbox, signal }: FileCall, path: string): Promise<Snapshot> {
  const entries = new Map<string, TreeEntry>();
  for await (const entry of context.engine.files.walk(sandbox.id, { path }, signal)) {
    entries.set(entry.path, entry);
    if (entries.size > MAX_ENTRIES) {
      const message = `${JSON.stringify(path)} has more than ${MAX_ENTRIES} entries, which is too many to be watched.`;
      throw new MoorageError("LIMIT_EXCEEDED", message, { hint: "Watch a directory further down." });
    }
  }
  return entries;
}

async function lookUnlessGone(call: FileCall, path: string): Promise<Snapshot | undefined> {
  try {
    return await look(call, path);
  } catch (error) {
    if (isMoorageError(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What is gone under one name and there under another is one event, where the engine knows that it is the same. */
function differences(before: Snapshot, after: Snapshot, directory: string): readonly FileWatchEvent[] {
  const gone = new Map<string, string>();
  for (const [path, { identity }] of before) {
    if (identity !== null && !after.has(path)) gone.set(identity, path);
  }
  const moved = new Set<string>();
  const events: FileWatchEvent[] = [];
  const at = (path: string): string => `${directory}/${path}`;
  for (const [path, entry] of after) {
    const known = before.get(path);
    const told = { path: at(path), entry: fileInfo(entry) };
    const from = known === undefined && entry.identity !== null ? gone.get(entry.identity) : undefined;
    if (from !== undefined) {
      moved.add(from);
      gone.delete(entry.identity ?? "");
      events.push({ type: "moved", from: at(from), ...told });
    } else if (known === undefined) events.push({ type: "created", ...told });
    else if (isChanged(known, entry)) events.push({ type: "changed", ...told });
  }
  for (const path of before.keys()) {
    if (!after.has(path) && !moved.has(path)) events.push({ type: "removed", path: at(path) });
  }
  return events;
}

/** Of a directory only its own mode and kind: what is in it is told by itself. */
function isChanged(known: TreeEntry, entry: TreeEntry): boolean {
  if (known.type !== entry.type || known.mode !== entry.mode) return true;
  if (entry.type === "directory") return false;
  const facts = (each: TreeEntry) => [each.sizeBytes, each.modifiedAt, each.changedAt, each.identity].join();
  return facts(known) !== facts(entry);
}
