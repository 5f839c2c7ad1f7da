import { MoorageError } from "../base/errors.ts";
import { formatBytes } from "../base/quantities.ts";
import type { Opened } from "./entry.ts";
import { resolveInside, type LinkAt } from "./resolve-inside.ts";

type Reading = {
  readonly most: number;
  readonly linkAt: LinkAt;
  readonly open: (path: string) => Promise<Opened | undefined>;
};

/** The bytes of a small file, links inside followed; undefined where it is none, or leads out. */
export async function contentThroughLinks(
  path: string,
  { most, linkAt, open }: Reading,
): Promise<Uint8Array | undefined> {
  const place = await resolveInside(path, linkAt);
  await using file = place === undefined ? undefined : await open(place);
  if (file === undefined) return undefined;
  if (file.sizeBytes > most) {
    const message = `${JSON.stringify(path)} has ${formatBytes(file.sizeBytes)}; at most ${formatBytes(most)} are read.`;
    throw new MoorageError("LIMIT_EXCEEDED", message, { hint: "Make it smaller.", details: { path, maxBytes: most } });
  }
  const buffer = Buffer.alloc(file.sizeBytes);
  let at = 0;
  while (at < buffer.length) {
    const length = await file.fill(buffer.subarray(at));
    if (length === 0) break;
    at += length;
  }
  return buffer.subarray(0, at);
}
