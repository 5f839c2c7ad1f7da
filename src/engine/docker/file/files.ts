import { posix } from "node:path";
import { canceled, throwIfCanceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { EntryInfo, UnitFiles, UploadedTree } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { PathStat } from "../api/replies.ts";
import { runCommand } from "../run/run-command.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { resolveUser } from "../unit/unit-user.ts";
import type { Unit, Units } from "../unit/units.ts";
import { listDirectory } from "./list-directory.ts";
import { rewriteTar } from "./rewrite-tar.ts";
import { createLook, findPlace, followed, permissionsOf, typeOf, type Place } from "./unit-place.ts";
import { Spool } from "./spool.ts";
import { UploadTree } from "./upload-tree.ts";

const TRANSFER_MS = 3_600_000;
const SILENCE_MS = 300_000;

type FilesContext = { readonly api: EngineApi; readonly units: Units };
type Found = { readonly containerId: string; readonly place: Place };

/** Files of a unit through the engine's archive API, which needs nothing in the image; listing needs a shell and stat. */
export function createUnitFiles(context: FilesContext): UnitFiles {
  const { api } = context;
  return {
    list: async (id, path, signal) => {
      const { containerId, place } = await existing(context, { id, path, follow: true, signal });
      if (typeOf(place.stat) !== "directory") {
        throw new MoorageError("INVALID_INPUT", `"${path}" is a file; expected a directory to list.`);
      }
      return listDirectory(api, { containerId, path: place.path }, signal);
    },
    stat: async (id, path, signal) => {
      const { place } = await existing(context, { id, path, follow: false, signal });
      return { ...entryInfo(place.stat), name: posix.basename(path) };
    },
    download: (id, path, signal) => download(context, { id, path, signal }),
    upload: (id, uploaded, signal) => uploadTar(context, { id, uploaded, signal }),
    remove: async (id, path, signal) => {
      const { containerId, place } = await existing(context, { id, path, follow: false, signal });
      if (place.path === WORKSPACE) {
        throw new MoorageError("PATH_NOT_ALLOWED", `${WORKSPACE} itself cannot be removed, only what is in it.`);
      }
      await removeTree(api, { containerId, path: place.path }, signal);
    },
  };
}

type Upload = { readonly id: string; readonly uploaded: UploadedTree; readonly signal: AbortSignal | undefined };

async function uploadTar(context: FilesContext, { id, uploaded, signal }: Upload): Promise<void> {
  const { api } = context;
  const { path, tar } = uploaded;
  const { containerId, unit } = await filesOf(context, id, signal);
  const user = await resolveUser(api, containerId, unit.container.Config.User);
  const tree = new UploadTree(createLook(api, containerId, signal), user, (link) => {
    return removeTree(api, { containerId, path: link }, signal);
  });
  const first = await tree.begin(path);
  // Everything is looked at before anything is unpacked: while it unpacks, an engine answers nothing about a container.
  await using spool = new Spool();
  await unlessCanceled(spool.fill(rewriteTar(tar, { first, visit: (header) => tree.place(header) })), signal);
  await api.send({
    method: "PUT",
    path: `/containers/${containerId}/archive`,
    query: { path: WORKSPACE, noOverwriteDirNonDir: "1" },
    tar: spool.read(),
    timeoutMs: TRANSFER_MS,
    signal,
  });
}

/** The work's result, or CANCELED as soon as the signal aborts, though a source may keep it waiting. */
async function unlessCanceled(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  throwIfCanceled(signal);
  const abort = Promise.withResolvers<never>();
  const onAbort = (): void => abort.reject(canceled(signal?.reason));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, abort.promise]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function filesOf(
  { units }: FilesContext,
  id: string,
  signal?: AbortSignal,
): Promise<{ unit: Unit; containerId: string }> {
  const unit = await units.find(id, signal);
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no unit ${id} on this engine.`);
  if (unit.container.HostConfig.Tmpfs?.[WORKSPACE] !== undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", "The engine docker cannot reach the files of a workspace in memory.", {
      hint: "Create the sandbox with a workspace on disk.",
    });
  }
  return { unit, containerId: unit.container.Id };
}

type Wanted = {
  readonly id: string;
  readonly path: string;
  /** Whether a link at the end of the path is followed. */
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
};

type Existing = Found & { readonly place: Place & { readonly stat: PathStat } };

async function existing(context: FilesContext, { id, path, follow, signal }: Wanted): Promise<Existing> {
  const { containerId } = await filesOf(context, id, signal);
  const look = createLook(context.api, containerId, signal);
  const found = await findPlace(look, path);
  const place = follow ? await followed(look, found) : found;
  if (place.stat === undefined) throw new MoorageError("FILE_NOT_FOUND", `There is no "${path}" in the sandbox.`);
  return { containerId, place: { path: place.path, stat: place.stat } };
}

async function* download(
  context: FilesContext,
  { id, path, signal }: Omit<Wanted, "follow">,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { containerId, place } = await existing(context, { id, path, follow: true, signal });
  const archive = `/containers/${containerId}/archive`;
  const source = await context.api.stream({ method: "GET", path: archive, query: { path: place.path }, signal });
  const cut = (): void => void source.destroy(new Error("canceled", { cause: signal?.reason }));
  signal?.addEventListener("abort", cut, { once: true });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("Docker fell silent")));
  await using spool = new Spool();
  // What fails is told by reading.
  const filling = spool.fill(source).catch(() => undefined);
  try {
    yield* renamed(spool.read(), posix.basename(place.path), posix.basename(path));
  } catch (error) {
    if (isMoorageError(error)) throw error;
    if (signal?.aborted === true) throw canceled(signal.reason);
    throw new MoorageError("ENGINE_FAILED", `The download of "${path}" broke off.`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", cut);
    source.destroy();
    await filling;
  }
}

// Through a link the engine names entries after what it leads to.
function renamed(source: AsyncIterable<Uint8Array>, from: string, to: string): AsyncIterable<Uint8Array> {
  if (from === to) return source;
  return rewriteTar(source, {
    first: [],
    visit: (header) => Promise.resolve([{ ...header, name: to + header.name.slice(from.length) }]),
  });
}

function entryInfo(stat: PathStat): Omit<EntryInfo, "name"> {
  return {
    type: typeOf(stat),
    sizeBytes: stat.size,
    mode: permissionsOf(stat),
    // Whole seconds, as in a listing.
    modifiedAt: Math.floor(Date.parse(stat.mtime) / 1000) * 1000,
  };
}

async function removeTree(
  api: EngineApi,
  { containerId, path }: { readonly containerId: string; readonly path: string },
  signal?: AbortSignal,
): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(api, {
    containerId,
    command: ["rm", "-rf", "--", path],
    signal,
  });
  if (exitCode === 0) return;
  const words = stderr || stdout.toString().trim();
  if (/permission denied|not permitted|read-only/i.test(words)) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The sandbox's user may not remove "${path}": ${words}`);
  }
  throw new MoorageError("ENGINE_FAILED", `Removing "${path}" failed with code ${exitCode}: ${words}`);
}
