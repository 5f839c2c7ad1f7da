import type { UnitFiles } from "../../engine.ts";
import { createTreeFiles, type TreeFiles } from "../../tree/tree-files.ts";
import { createEngineFiles } from "./engine-files.ts";
import { filesOf, type FilesContext } from "./existing-entry.ts";
import { createHostTrees } from "./host-tree.ts";

/** Files of units: worked on directly where their workspace is a directory of this host, else through the engine. */
export function createUnitFiles(context: FilesContext, hostTrees: boolean): UnitFiles {
  const byEngine = createEngineFiles(context);
  if (!hostTrees) return byEngine;
  const hostTree = createHostTrees(context.api);
  const way = async (id: string, signal: AbortSignal | undefined): Promise<TreeFiles> => {
    const tree = await hostTree((await filesOf(context, id, signal)).unit);
    return tree === undefined ? byEngine : createTreeFiles(() => Promise.resolve(tree));
  };
  return {
    list: async (id, path, signal) => (await way(id, signal)).list(id, path, signal),
    stat: async (id, path, signal) => (await way(id, signal)).stat(id, path, signal),
    walk: async function* (id, wish, signal) {
      yield* (await way(id, signal)).walk(id, wish, signal);
    },
    watch: async (id, path, signal) => (await way(id, signal)).watch(id, path, signal),
    rootChanges: byEngine.rootChanges,
    open: async (id, path, signal) => (await way(id, signal)).open(id, path, signal),
    write: async (id, wish, signal) => (await way(id, signal)).write(id, wish, signal),
    makeDirectory: async (id, wish, signal) => (await way(id, signal)).makeDirectory(id, wish, signal),
    move: async (id, wish, signal) => (await way(id, signal)).move(id, wish, signal),
    chmod: async (id, wish, signal) => (await way(id, signal)).chmod(id, wish, signal),
    remove: async (id, path, signal) => (await way(id, signal)).remove(id, path, signal),
    download: byEngine.download,
    upload: byEngine.upload,
  };
}
