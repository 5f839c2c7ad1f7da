import { watch, type FSWatcher } from "node:fs";
import { isMoorageError } from "../../base/errors.ts";
import { sleep } from "../../base/deadline.ts";
import type { TreeWatch } from "../engine.ts";
import { directoriesOf, openDirectory } from "./look.ts";
import type { Tree } from "./tree.ts";

/** Directories that are watched at a time; in those beyond it changes are seen only when somebody looks. */
const MAX_WATCHED = 2_000;

/** A watch by inotify, one for each directory, set on what is held open and not on a name. */
export async function watchTree(tree: Tree, path: string, signal?: AbortSignal): Promise<TreeWatch> {
  const armed = new Armed(tree, path);
  try {
    await (await openDirectory(tree, path))[Symbol.asyncDispose]();
    await armed.rearm(signal);
  } catch (error) {
    armed.close();
    throw error;
  }
  return {
    method: armed.whole ? "inotify" : "polling",
    changed: async (ms) => {
      await armed.news(ms, signal);
      // What was made meanwhile is watched before anybody looks, so that nothing falls in between.
      await armed.rearm(signal);
    },
    [Symbol.asyncDispose]: async () => armed.close(),
  };
}

class Armed {
  readonly #tree: Tree;
  readonly #path: string;
  /** By the identity of the directory. */
  #watchers = new Map<string, FSWatcher>();
  #news = new AbortController();
  #whole = false;

  constructor(tree: Tree, path: string) {
    this.#tree = tree;
    this.#path = path;
  }

  /** Whether every directory is watched. */
  get whole(): boolean {
    return this.#whole;
  }

  async news(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const either = AbortSignal.any([this.#news.signal, ...(signal === undefined ? [] : [signal])]);
    await sleep(ms, either);
    this.#news = new AbortController();
  }

  async rearm(signal: AbortSignal | undefined): Promise<void> {
    const kept = new Map<string, FSWatcher>();
    this.#whole = true;
    try {
      for await (const { identity, place } of directoriesOf(this.#tree, this.#path, signal)) {
        const isRoom = kept.size < MAX_WATCHED;
        const watcher = isRoom ? (this.#watchers.get(identity) ?? this.#begin(place)) : undefined;
        this.#whole &&= watcher !== undefined;
        if (!isRoom) break;
        if (watcher !== undefined) kept.set(identity, watcher);
      }
    } catch (error) {
      // That the directory is gone, or the caller, is told to who looks next.
      if (!isMoorageError(error)) throw error;
    }
    for (const [identity, watcher] of this.#watchers) if (!kept.has(identity)) watcher.close();
    this.#watchers = kept;
  }

  /** Undefined where the system has no room for another one: then its changes are seen only when somebody looks. */
  #begin(place: string): FSWatcher | undefined {
    try {
      const watcher = watch(place, { persistent: false }, () => this.#news.abort());
      watcher.on("error", () => this.#news.abort());
      return watcher;
    } catch {
      return undefined;
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
