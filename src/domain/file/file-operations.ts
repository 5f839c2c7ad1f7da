import type { ParsedPlatform } from "../validated.ts";
import { changeMode, makeDirectory, moveFile } from "./changes.ts";
import { listFiles, readFile, removeFile, statFile, writeFile, type FilesOf } from "./files.ts";
import { findFiles } from "./find.ts";
import { sandboxPath } from "./sandbox-path.ts";

export function fileOperations(filesOf: FilesOf): ParsedPlatform["file"] {
  return {
    list: async ({ id, path }, options) => ({
      items: await listFiles(await filesOf(id, options), path ?? "."),
      nextCursor: null,
    }),
    read: async ({ id, path }, options) => readFile(await filesOf(id, options), path),
    write: async ({ id, ...file }, options) => writeFile(await filesOf(id, options), file),
    stat: async ({ id, path }, options) => statFile(await filesOf(id, options), sandboxPath(path)),
    mkdir: async ({ id, path, mode }, options) => makeDirectory(await filesOf(id, options), path, mode),
    move: async ({ id, ...move }, options) => moveFile(await filesOf(id, options), move),
    chmod: async ({ id, path, mode }, options) => changeMode(await filesOf(id, options), path, mode),
    find: async ({ id, ...query }, options) => findFiles(await filesOf(id, options), query),
    remove: async ({ id, path }, options) => removeFile(await filesOf(id, options), path),
  };
}
