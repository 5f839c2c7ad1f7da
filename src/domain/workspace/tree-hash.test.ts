import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treeHash } from "./tree-hash.ts";

async function withTree(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "moorage-tree-"));
  try {
    await mkdir(join(path, "a"));
    await writeFile(join(path, "a/one"), "1");
    await writeFile(join(path, "two"), "2");
    await symlink("/etc/passwd", join(path, "link"));
    await work(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

describe("the hash of a tree", () => {
  it("stays while nothing changes, and is the same for an equal tree elsewhere", () =>
    withTree(async (first) => {
      const hash = await treeHash(first);
      expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
      await withTree(async (second) => expect(await treeHash(second)).toBe(hash));
    }));

  it.each<[string, (path: string) => Promise<unknown>]>([
    ["a byte", (path) => writeFile(join(path, "two"), "3")],
    ["an execute bit", (path) => chmod(join(path, "two"), 0o755)],
    ["a name", (path) => writeFile(join(path, "three"), "")],
    ["a removal", (path) => rm(join(path, "two"))],
    [
      "a symlink's target",
      async (path) => {
        await rm(join(path, "link"));
        await symlink("/etc/shadow", join(path, "link"));
      },
    ],
  ])("changes with %s", (_what, change) =>
    withTree(async (path) => {
      const before = await treeHash(path);
      await change(path);
      expect(await treeHash(path)).not.toBe(before);
    }),
  );

  it("knows names that are no UTF-8 apart", () =>
    withTree(async (path) => {
      const named = (byte: number) => Buffer.concat([Buffer.from(`${path}/`), Buffer.of(byte)]);
      await writeFile(named(0xff), "");
      const first = await treeHash(path);
      await rm(named(0xff));
      await writeFile(named(0xfe), "");
      expect(first).not.toBeNull();
      expect(await treeHash(path)).not.toBe(first);
    }));

  it("is null where there is no tree", async () => {
    expect(await treeHash("/nonexistent/tree")).toBeNull();
  });
});
