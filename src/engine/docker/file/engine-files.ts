import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { EntryInfo, UnitFiles } from "../../engine.ts";
import { pollingWatch } from "../../tree/polling.ts";
import type { PathStat } from "../api/replies.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { download } from "./download.ts";
import { createChanges } from "./engine-changes.ts";
import { existing, filesOf, type FilesContext } from "./existing-entry.ts";
import { listDirectory, walkDirectory } from "./list-directory.ts";
import { openByArchive } from "./open-by-archive.ts";
import { readRootChanges } from "./root-changes.ts";
import { removeTree } from "./remove-tree.ts";
import { permissionsOf, typeOf } from "./unit-place.ts";
import { uploadTar } from "./upload.ts";

/**
 * Files of a unit through the engine: its archive API, which needs nothing in the image and takes stopped units too, and
 * small programs in the container with the unit's own rights.
 */
export function createEngineFiles(context: FilesContext): UnitFiles {
  const { api } = context;
  return {
    walk: async function* (id, { path, maxDepth }, signal) {
      const { containerId, place } = await existing(context, { id, path, follow: true, signal });
      if (typeOf(place.stat) !== "directory") throw noDirectory(path);
      yield* await walkDirectory(context, { containerId, path: place.path, maxDepth }, signal);
    },
    watch: async (id, path, signal) => {
      const { place } = await existing(context, { id, path, follow: true, signal });
      if (typeOf(place.stat) !== "directory") throw noDirectory(path);
      return pollingWatch(signal);
    },
    rootChanges: async (id, signal) => {
      const { containerId } = await filesOf(context, id, signal);
      return readRootChanges(api, containerId, signal);
    },
    open: (id, path, signal) => openByArchive(context, { id, path, signal }),
    ...createChanges(context),
    list: async (id, path, signal) => {
      const { containerId, place } = await existing(context, { id, path, follow: true, signal });
      if (typeOf(place.stat) !== "directory") {
        throw noDirectory(path);
      }
      const entries = await listDirectory(context, { containerId, path: place.path }, signal);
      return entries.map(({ path: _path, changedAt: _changedAt, identity: _identity, ...entry }) => entry);
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
      await removeTree(context, { containerId, path: place.path }, signal);
    },
  };
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

function noDirectory(path: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `"${path}" is a file; expected a directory to list.`);
}
