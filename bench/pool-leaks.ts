/** Creates and removes pooled sandboxes (500, or as many as the first argument says) and tells what is left of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { filled, openPooled } from "./open-pooled.ts";

const COUNT = Number(process.argv[2] ?? 500);
const IMAGE = "busybox:latest";
const SIZE = 4;

const home = await mkdtemp(join(tmpdir(), "moorage-bench-"));
try {
  await using pooled = await openPooled(home, { image: IMAGE, size: SIZE });
  const { platform } = pooled.bench;
  const descriptors: number[] = [];
  for (let round = 0; round < COUNT; round += 1) {
    if (round % SIZE === 0) await filled(pooled.bench);
    const { id } = await platform.sandbox.create({ image: IMAGE });
    await platform.sandbox.remove({ id });
    if (round % 50 === 0) descriptors.push(process.getActiveResourcesInfo().length);
  }
  await filled(pooled.bench);
  await using store = openSqliteStore(pooled.bench.database);
  const rows = (await store.sandboxes.all()).length;
  const rss = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  console.log(JSON.stringify({ created: COUNT, rows, expected: SIZE, activeResources: descriptors, rssMiB: rss }));
} finally {
  await rm(home, { recursive: true, force: true });
}
