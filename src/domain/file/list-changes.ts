import { isoTime } from "../../base/clock.ts";
import type { FileChanged } from "../../contracts/types.ts";
import type { FileCall } from "./file-call.ts";
import { sandboxPath } from "./sandbox-path.ts";

const DEFAULT_LIMIT = 100;

/**
 * The engine knows what is different from the image. A workspace has no image: what the system says was changed since
 * then is told, whatever time a program has written on it; what is gone leaves no trace.
 */
export async function listChanges(
  { context, sandbox, signal }: FileCall,
  { since, limit = DEFAULT_LIMIT }: { readonly since?: string | undefined; readonly limit?: number | undefined },
): Promise<FileChanged> {
  const { files } = context.engine;
  const from = Date.parse(since ?? sandbox.createdAt);
  const path = sandboxPath(".");
  const items: FileChanged["items"] = [];
  for await (const entry of files.walk(sandbox.id, { path }, signal)) {
    if (items.length > limit) break;
    if (entry.changedAt < from) continue;
    items.push({ path: `${path}/${entry.path}`, place: "workspace", change: "changed" });
  }
  const root = await files.rootChanges(sandbox.id, signal);
  for (const change of root ?? []) items.push({ ...change, place: "root" });
  const truncated = items.length > limit;
  return {
    items: items.slice(0, limit),
    nextCursor: null,
    since: isoTime(from),
    truncated,
    rootKnown: root !== undefined,
  };
}
