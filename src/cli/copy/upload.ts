import { realpath, stat } from "node:fs/promises";
import { basename, dirname, posix, resolve } from "node:path";
import { pack, type Pack } from "tar-stream";
import { MoorageError } from "../../base/errors.ts";
import type { CopyContext } from "./copy-context.ts";
import { HostDirectory } from "./host-directory.ts";
import { hostFileError } from "./host-file-error.ts";
import { packContents, packTree, type Packing } from "./pack-tree.ts";
import { depthBelowWorkspace, meansContents, plainPath, type HostPlace, type SandboxPlace } from "./place.ts";
import { kindInSandbox, type SandboxKind } from "./sandbox-kind.ts";
import type { CopyReport } from "./unpack-tree.ts";

/** Copies a file or a tree of this host into a sandbox. */
export async function upload(source: HostPlace, target: SandboxPlace, context: CopyContext): Promise<CopyReport> {
  const { platform, signal, directory } = context;
  const named = resolve(directory, source.path);
  const { path, isTree } = await resolved(named, source.path);
  const kind = await kindInSandbox(target, context);
  const { into, as } = landing({
    name: basename(named),
    contents: isTree && meansContents(source.path),
    isTree,
    target,
    kind,
  });

  await using parent = await HostDirectory.open(dirname(path));
  const from = { directory: parent, name: basename(path) };
  const packing: Packing = { archive: pack(), depth: depthBelowWorkspace(into), files: 0, bytes: 0, refused: [] };
  await send(packing.archive, {
    fill: () => (as === undefined ? packContents(packing, from) : packTree(packing, from, as)),
    upload: (tar) => platform.raw.upload({ id: target.id, path: into }, tar, { signal }),
  });
  const { files, bytes, refused } = packing;
  return { files, bytes, refused };
}

// What the user named may be a symlink; it is the only one that is followed.
async function resolved(named: string, given: string): Promise<{ readonly path: string; readonly isTree: boolean }> {
  try {
    const path = await realpath(named);
    const stats = await stat(path);
    if (stats.isDirectory() || stats.isFile()) return { path, isTree: stats.isDirectory() };
  } catch (error) {
    throw hostFileError(error, given);
  }
  const hint = "Pipe it: `moorage file write ID PATH < FILE`.";
  throw new MoorageError("INVALID_INPUT", `${JSON.stringify(given)} is neither a file nor a directory.`, { hint });
}

type Landing = {
  readonly name: string;
  readonly contents: boolean;
  readonly isTree: boolean;
  readonly target: SandboxPlace;
  readonly kind: SandboxKind;
};

/** As cp does it. `into` is a directory of the sandbox, `as` the name there; without a name, the contents alone. */
function landing({ name, contents, isTree, target, kind }: Landing): { readonly into: string; readonly as?: string } {
  const path = plainPath(target.path);
  if (kind === "directory") return contents || name === "" ? { into: path } : { into: path, as: name };
  if (!isTree) return { into: posix.dirname(path), as: posix.basename(path) };
  if (kind === "missing") return { into: path };
  throw new MoorageError(
    "CONFLICT",
    `${JSON.stringify(target.path)} is a file of the sandbox, and a directory is copied to it.`,
  );
}

type Sending = {
  readonly fill: () => Promise<void>;
  readonly upload: (tar: AsyncIterable<Uint8Array>) => Promise<void>;
};

/** Uploads an archive while it is filled. Where filling fails, its error is told, not what the upload made of it. */
async function send(archive: Pack, { fill, upload: put }: Sending): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  // Whoever reads the archive meets it too, as a rejection.
  archive.on("error", () => undefined);
  const filled = fill().then(
    () => archive.finalize(),
    (error: unknown) => {
      if (!archive.destroying) failure = { error };
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  try {
    await put(chunksOf(archive));
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  } finally {
    archive.destroy();
    await filled;
  }
}

async function* chunksOf(archive: Pack): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of archive) if (chunk instanceof Uint8Array) yield chunk;
}
