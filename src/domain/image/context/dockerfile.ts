import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { ContextDockerfile } from "../../../contracts/types.ts";
import type { Collected } from "../../../source/collect.ts";
import type { Entry, FileEntry, Source } from "../../../source/entry.ts";
import { generateDockerfile } from "./generate/generate-dockerfile.ts";
import type { IgnoreFile } from "./read-ignore-file.ts";

const MAX_BYTES = 1024 * 1024;
const NAMES = ["Dockerfile", "dockerfile"];
const WRITTEN = "Dockerfile";

type FoundDockerfile = { readonly path: string; readonly bytes: Uint8Array };

/** The Dockerfile that is named, or one of the root; undefined where none is there and none was named. */
export async function chooseDockerfile(
  source: Source,
  wanted: string | undefined,
): Promise<FoundDockerfile | undefined> {
  const names = wanted === undefined ? NAMES : [plainPath(wanted)];
  for (const path of names) {
    const bytes = await source.content(path, MAX_BYTES);
    if (bytes !== undefined) return { path, bytes };
  }
  if (wanted === undefined) return undefined;
  throw new MoorageError("FILE_NOT_FOUND", `There is no Dockerfile ${JSON.stringify(wanted)} in the build context.`, {
    hint: "Name it from the context's root, such as docker/Dockerfile.",
  });
}

function plainPath(wanted: string): string {
  const path = posix.normalize(wanted);
  if (!path.startsWith("/") && !path.startsWith("..") && path !== "." && !path.includes("\0")) return path;
  const message = `dockerfile: expected a path in the build context (got ${JSON.stringify(wanted)}).`;
  throw new MoorageError("INVALID_INPUT", message, {
    hint: "Name it from the context's root, without a leading / or ..",
  });
}

type Settling = {
  readonly found: FoundDockerfile | undefined;
  readonly ignore: IgnoreFile;
  readonly collected: Collected;
};

type Settled = { readonly dockerfile: ContextDockerfile; readonly entries: readonly Entry[] };

/**
 * The Dockerfile as it is judged, and the entries with these very bytes. It and the `.dockerignore` are sent even where
 * they are ignored, for the builder needs them, and takes them out itself.
 */
export async function withDockerfile(source: Source, { found, ignore, collected }: Settling): Promise<Settled> {
  const dockerfile: ContextDockerfile =
    found === undefined
      ? { path: WRITTEN, ...(await generateDockerfile(source, collected.entries)) }
      : { path: found.path, text: textOf(found), generatedFor: null };
  let entries = withBytes(collected.entries, dockerfile.path, Buffer.from(dockerfile.text));
  const ignored = ignore.path === undefined ? undefined : await source.content(ignore.path, MAX_BYTES);
  if (ignore.path !== undefined && ignored !== undefined) entries = withBytes(entries, ignore.path, ignored);
  return { dockerfile, entries };
}

function textOf({ path, bytes }: FoundDockerfile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const message = `The Dockerfile ${JSON.stringify(path)} is not UTF-8.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Save it as UTF-8.", cause: error });
  }
}

/** In the place of what has this path, whatever it is, or after all others. */
function withBytes(entries: readonly Entry[], path: string, bytes: Uint8Array): readonly Entry[] {
  const at = entries.findIndex((entry) => entry.path === path);
  const { mode, mtime } = entries[at] ?? { mode: 0o644, mtime: 0 };
  const entry: FileEntry = { type: "file", path, mode: mode & 0o666, mtime, sizeBytes: bytes.length, bytes };
  return at === -1 ? [...entries, entry] : entries.with(at, entry);
}
