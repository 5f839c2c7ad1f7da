import { join } from "node:path";
import { sleep } from "../src/base/deadline.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { startServer, type BenchServer } from "./server.ts";

const LOOK_MS = 20;

export type PoolServer = AsyncDisposable & {
  readonly server: BenchServer;
  /** Waits until the pool has its size again. */
  readonly filled: () => Promise<void>;
  /** How many sandboxes there are in the registry, the pool's among them. */
  readonly registered: () => Promise<number>;
};

/** A server that keeps a pool; the pool is emptied at the end. */
export async function startPoolServer(
  home: string,
  entry: { readonly image: string; readonly size: number },
): Promise<PoolServer> {
  const server = await startServer(home, { pool: [entry] });
  return {
    server,
    filled: () => until(home, entry.size),
    registered: async () => (await statesIn(home)).length,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      // Without a pool in its configuration the next one removes what is left of it.
      await using last = await startServer(home);
      await until(last.home, 0);
    },
  };
}

async function until(home: string, size: number): Promise<void> {
  while ((await statesIn(home)).filter((state) => state === "pool").length !== size) await sleep(LOOK_MS);
}

/** The registry alone shows what is pooled. */
async function statesIn(home: string): Promise<readonly string[]> {
  await using store = openSqliteStore(join(home, "moorage.db"));
  return (await store.sandboxes.all()).map(({ state }) => state);
}
