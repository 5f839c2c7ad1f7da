import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { ModeWish, MoveWish, UnitFiles, WriteWish } from "../../engine.ts";
import { changedMeanwhile, noFile, taken } from "../../tree/tree-errors.ts";
import { runCommand } from "../run/run-command.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { existing, filesOf, type FilesContext } from "./existing-entry.ts";
import { removeTree } from "./remove-tree.ts";
import { Spool } from "../../spool.ts";
import { fillEntry, packTar } from "../../../base/tar-streams.ts";
import { writeHeader, type TarHeader } from "./tar-header.ts";
import { createLook, findPlace, followed, permissionsOf, typeOf, type Place } from "./unit-place.ts";
import { uploadTar } from "./upload.ts";

type Call<T> = { readonly id: string; readonly wish: T; readonly signal: AbortSignal | undefined };

const FILE_MODE = 0o644;
const PERMISSIONS = 0o777;

/** A link that leads to a directory would be taken for the directory. */
const MOVE = '[ ! -L "$2" ] || rm -f -- "$2" || exit; exec mv -f -T -- "$1" "$2"';

/** What changes a unit's files, through the engine. What needs a program in the container needs it running. */
export function createChanges(context: FilesContext): Pick<UnitFiles, "write" | "makeDirectory" | "move" | "chmod"> {
  return {
    write: (id, wish, signal) => writeFile(context, { id, wish, signal }),
    makeDirectory: (id, wish, signal) => makeDirectory(context, { id, wish, signal }),
    move: (id, wish, signal) => moveEntry(context, { id, wish, signal }),
    chmod: async (id, { path, mode }, signal) => {
      const { containerId, place } = await existing(context, { id, path, follow: true, signal });
      await runScript(context, {
        containerId,
        script: 'exec chmod "$1" "$2"',
        args: [octal(mode), place.path],
        path,
        signal,
      });
    },
  };
}

async function writeFile(context: FilesContext, { id, wish, signal }: Call<WriteWish>): Promise<{ sizeBytes: number }> {
  const { path, content, mode, replaces } = wish;
  await using spool = new Spool();
  await spool.fill(content);
  const { containerId, unit } = await filesOf(context, id, signal);
  const look = createLook(context.api, containerId, signal);
  const found = await findPlace(look, path);
  const place = replaces === undefined ? found : await followed(look, found);
  const before = place.stat !== undefined && typeOf(place.stat) === "file" ? place.stat : undefined;
  if (place.stat !== undefined && typeOf(place.stat) === "directory") throw noFile(path);
  if (replaces !== undefined && `${before?.size}-${before?.mtime}` !== replaces) throw changedMeanwhile(path);
  const kept = before === undefined ? FILE_MODE : permissionsOf(before) & PERMISSIONS;
  const running = unit.container.State.Status === "running";
  // Nothing runs that could see the half of it, so it may be written in its place.
  const name = running ? `.moorage-${randomBytes(8).toString("hex")}.part` : posix.basename(place.path);
  const header = { name, type: "file", mode: mode ?? kept, size: spool.sizeBytes, mtime: new Date() } as const;
  const directory = posix.dirname(place.path);
  await uploadTar(context, { id, uploaded: { path: directory, tar: tarOf(header, spool) }, signal });
  if (running) await putInPlace(context, { id, path, signal, part: `${directory}/${name}`, wanted: place.path });
  return { sizeBytes: spool.sizeBytes };
}

type Part = Pick<Call<unknown>, "id" | "signal"> & {
  readonly path: string;
  readonly part: string;
  readonly wanted: string;
};

async function putInPlace(context: FilesContext, { id, path, signal, part, wanted }: Part): Promise<void> {
  const { containerId, place } = await existing(context, { id, path: part, follow: false, signal });
  try {
    const target = `${posix.dirname(place.path)}/${posix.basename(wanted)}`;
    await runScript(context, { containerId, script: MOVE, args: [place.path, target], path, signal });
  } catch (error) {
    await removeTree(context, { containerId, path: place.path });
    throw error;
  }
}

async function makeDirectory(context: FilesContext, { id, wish, signal }: Call<ModeWish>): Promise<void> {
  const { path, mode } = wish;
  const { containerId } = await filesOf(context, id, signal);
  const there = await findPlace(createLook(context.api, containerId, signal), path);
  if (there.stat !== undefined) throw taken(path);
  const header = { name: posix.basename(path), type: "directory", mode, mtime: new Date() } as const;
  await uploadTar(context, { id, uploaded: { path: posix.dirname(path), tar: tarOf(header) }, signal });
}

async function moveEntry(context: FilesContext, { id, wish, signal }: Call<MoveWish>): Promise<void> {
  const { from, to, overwrite } = wish;
  const { containerId, place } = await existing(context, { id, path: from, follow: false, signal });
  const parent = await existing(context, { id, path: posix.dirname(to), follow: true, signal });
  if (place.path === WORKSPACE) throw new MoorageError("PATH_NOT_ALLOWED", `${WORKSPACE} itself cannot be moved.`);
  const target: Place = await findPlace(createLook(context.api, containerId, signal), to);
  if (`${target.path}/`.startsWith(`${place.path}/`) && target.path !== place.path) {
    throw new MoorageError("INVALID_INPUT", `"${from}" cannot be moved into itself, to "${to}".`);
  }
  const replaceable = overwrite && typeOf(place.stat) !== "directory";
  if (target.stat !== undefined && (!replaceable || typeOf(target.stat) === "directory")) throw taken(to);
  const args = [place.path, `${parent.place.path}/${posix.basename(to)}`];
  await runScript(context, { containerId, script: MOVE, args, path: to, signal });
}

type Script = {
  readonly containerId: string;
  readonly script: string;
  readonly args: readonly string[];
  /** As the caller named it. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
};

async function runScript(context: FilesContext, { containerId, script, args, path, signal }: Script): Promise<void> {
  const command = ["/bin/sh", "-c", script, "moorage", ...args];
  const { exitCode, stdout, stderr } = await runCommand(context, { containerId, command, signal });
  if (exitCode === 0) return;
  const words = stderr || stdout.toString().trim();
  if (/no space left|disk quota/i.test(words)) throw new MoorageError("DISK_FULL", `Writing "${path}": ${words}`);
  if (/permission denied|not permitted|read-only/i.test(words)) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The sandbox's user may not change "${path}": ${words}`);
  }
  throw new MoorageError("ENGINE_FAILED", `Changing "${path}" failed with code ${exitCode}: ${words}`);
}

function tarOf(header: TarHeader, spool?: Spool): AsyncGenerator<Uint8Array, void, undefined> {
  return packTar(async (archive) => {
    const sink = writeHeader(archive, header);
    if (spool !== undefined) await fillEntry(sink, spool.read());
  });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
