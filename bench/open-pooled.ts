import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createLogger,
  locations,
  openLocalPlatform,
  readConfiguration,
  type LocalPlatform,
} from "../src/main/server.ts";
import { sleep } from "../src/base/deadline.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";

export type PoolBench = {
  readonly platform: LocalPlatform;
  /** Its registry, which alone shows what is pooled. */
  readonly database: string;
  readonly image: string;
  readonly size: number;
};

const LOOK_MS = 20;

/** Waits until the pool has its size again. */
export async function filled({ database, size }: PoolBench): Promise<void> {
  await using store = openSqliteStore(database);
  const pooled = async (): Promise<number> =>
    (await store.sandboxes.all()).filter((row) => row.state === "pool").length;
  while ((await pooled()) !== size) await sleep(LOOK_MS);
}

type Pooled = AsyncDisposable & { readonly bench: PoolBench };

/** A platform on Docker that keeps a pool, as a server does; the pool is emptied at the end. */
export async function openPooled(
  home: string,
  entry: { readonly image: string; readonly size: number },
): Promise<Pooled> {
  await writeFile(join(home, "moorage.config.json"), JSON.stringify({ pool: [entry] }), { mode: 0o600 });
  const environment = { ...process.env, MOORAGE_HOME: home };
  const open = async () =>
    openLocalPlatform({
      configuration: await readConfiguration(environment),
      locations: locations(environment),
      engine: "docker",
      needsImages: true,
      logger: createLogger("silent"),
      workspaceDirectory: undefined,
      programPath: undefined,
      warm: true,
    });
  const platform = await open();
  const ending = new AbortController();
  const kept = platform.keep(ending.signal);
  return {
    bench: { platform, database: join(home, "moorage.db"), ...entry },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await kept;
      for (const { id } of (await platform.sandbox.list({})).items) await platform.sandbox.remove({ id });
      await platform[Symbol.asyncDispose]();
      // Without a pool in its configuration the next one removes what is left of it.
      await writeFile(join(home, "moorage.config.json"), "{}");
      const last = await open();
      const emptying = new AbortController();
      const emptied = last.keep(emptying.signal);
      await filled({ platform: last, database: join(home, "moorage.db"), image: entry.image, size: 0 });
      emptying.abort();
      await emptied;
      await last[Symbol.asyncDispose]();
    },
  };
}
