import { posix } from "node:path";
import type { Header } from "tar-stream";
import { tarEntries } from "../../base/tar-streams.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { withoutRoot } from "./without-root.ts";

/** What stands for bytes that are not UTF-8. A name that has it by right cannot be told from one that was changed. */
const REPLACEMENT = "\uFFFD";
const MAX_SHOWN = 200;

/**
 * Why an exported workspace could not be restored whole: the first entry that an upload would refuse, or whose name
 * would not come back as it was. Undefined: it can be restored.
 */
export async function findObstacle(tar: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const seen = new Set<string>();
  for await (const entry of tarEntries(tar)) {
    const name = plainName(entry.header.name);
    const obstacle = name === "" ? undefined : obstacleOf(entry.header, name, seen);
    if (obstacle !== undefined) return obstacle;
    seen.add(name);
  }
  return undefined;
}

function obstacleOf(header: Header, name: string, seen: ReadonlySet<string>): string | undefined {
  const given: string | null = header.linkname;
  const target = given ?? "";
  if (name.includes(REPLACEMENT)) return `the name ${quoted(name)} is not UTF-8`;
  if (target.includes(REPLACEMENT)) return `${quoted(name)} links to ${quoted(target)}, which is not UTF-8`;
  if (seen.has(name)) return `the name ${quoted(name)} is there twice`;
  switch (header.type) {
    case "file":
    case "contiguous-file":
    case "directory":
      return undefined;
    case "symlink":
      if (isInside(posix.resolve(WORKSPACE, posix.dirname(name), target))) return undefined;
      return `${quoted(name)} links to ${quoted(target)}, outside ${WORKSPACE}`;
    case "link":
      if (seen.has(plainName(target))) return undefined;
      return `${quoted(name)} is a hard link to ${quoted(target)}, which is missing`;
    default:
      return `${quoted(name)} is a ${header.type ?? "thing of an unknown kind"}`;
  }
}

function plainName(name: string): string {
  return withoutRoot(name).replace(/\/+$/, "");
}

function isInside(path: string): boolean {
  return path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
