import type { Source } from "../../../source/entry.ts";
import { parseIgnoreFile, type IgnoreLine } from "../../../source/ignore/ignore-file.ts";

const MAX_BYTES = 1024 * 1024;

export type IgnoreFile = {
  readonly lines: readonly IgnoreLine[];
  /** Undefined where there is none. */
  readonly path: string | undefined;
};

/** What a context leaves out: the file beside its Dockerfile that is named after it, else the root's `.dockerignore`. */
export async function readIgnoreFile(source: Source, dockerfile: string | undefined): Promise<IgnoreFile> {
  const names = [...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]), ".dockerignore"];
  for (const path of names) {
    const bytes = await source.content(path, MAX_BYTES);
    if (bytes !== undefined) return { path, lines: parseIgnoreFile(path, Buffer.from(bytes).toString("utf8")) };
  }
  return { lines: [], path: undefined };
}
