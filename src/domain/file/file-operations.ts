import type { ParsedPlatform } from "../validated.ts";
import { changeMode, makeDirectory, moveFile } from "./changes.ts";
import type { FilesOf } from "./file-call.ts";
import { listFiles, readFile, removeFile, statFile, writeFile } from "./files.ts";
import { findFiles } from "./find.ts";
import { grepFiles } from "./grep.ts";
import { replaceInFile } from "./replace.ts";
import { listChanges } from "./list-changes.ts";
import { sandboxPath } from "./sandbox-path.ts";
import { watchFiles } from "./watch.ts";

export function fileOperations(filesOf: FilesOf): ParsedPlatform["file"] {
  return {
    list: async ({ id, path }, options) => ({
      items: await listFiles(await filesOf(id, options), path ?? "."),
      nextCursor: null,
    }),
    read: async ({ id, ...wish }, options) => readFile(await filesOf(id, options), wish),
    write: async ({ id, ...file }, options) => writeFile(await filesOf(id, options), file),
    stat: async ({ id, path }, options) => statFile(await filesOf(id, options), sandboxPath(path)),
    mkdir: async ({ id, path, mode }, options) => makeDirectory(await filesOf(id, options), path, mode),
    move: async ({ id, ...move }, options) => moveFile(await filesOf(id, options), move),
    chmod: async ({ id, path, mode }, options) => changeMode(await filesOf(id, options), path, mode),
    find: async ({ id, ...query }, options) => findFiles(await filesOf(id, options), query),
    grep: async ({ id, ...query }, options) => grepFiles(await filesOf(id, options), query),
    replace: async ({ id, ...wish }, options) => replaceInFile(await filesOf(id, options), wish),
    watch: async function* ({ id, path }, options) {
      yield* watchFiles(await filesOf(id, options), path ?? ".");
    },
    changes: async ({ id, ...query }, options) => listChanges(await filesOf(id, options), query),
    remove: async ({ id, path }, options) => removeFile(await filesOf(id, options), path),
  };
}
