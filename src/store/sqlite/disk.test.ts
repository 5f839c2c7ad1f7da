import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDisk } from "./disk.ts";

test("those who come while one wait is under way share the next", async () => {
  const directory = await mkdtemp(join(tmpdir(), "moorage-disk-"));
  try {
    const path = join(directory, "file");
    await writeFile(path, "written");
    const disk = createDisk(path);
    const first = disk.sync();
    const later = [disk.sync(), disk.sync(), disk.sync()];
    expect(new Set(later).size).toBe(1);
    expect(later[0]).not.toBe(first);
    await Promise.all([first, ...later]);
    await disk.sync();
    disk.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a file that is not there is told to each who waits", async () => {
  const disk = createDisk(join(tmpdir(), "moorage-there-is-no-such-file"));
  const waits = await Promise.allSettled([disk.sync(), disk.sync()]);
  expect(waits.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  disk.close();
});
