import { link, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createTreeFiles } from "./tree-files.ts";

async function openTree() {
  const root = await mkdtemp(join(tmpdir(), "moorage-tree-"));
  const files = createTreeFiles(() => Promise.resolve({ root, owner: undefined }));
  return { root, files, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

async function* of(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** What this process holds open in a directory. */
async function heldOpen(root: string): Promise<readonly string[]> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((path) => path.startsWith(root));
}

const DEPTH = 1_000;

/** The most descriptors by which this process was seen to have more than before, while something was done. */
async function mostOpened(work: () => Promise<unknown>): Promise<number> {
  const count = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
  const before = await count();
  const done = work();
  let most = 0;
  do most = Math.max(most, (await count()) - before);
  while (await Promise.race([done.then(() => false), sleep(1, true)]));
  return most;
}

describe("a tree of this host", () => {
  test("leaves nothing open, whatever is refused", async () => {
    await using tree = await openTree();
    const { files, root } = tree;
    await symlink("/tmp", join(root, "out"));
    await files.write("id", { path: "/workspace/a/file", content: of("text") });
    const attempts = [
      files.stat("id", "/etc/passwd"),
      files.stat("id", "/workspace/a/../b"),
      files.stat("id", "/workspace/out/x"),
      files.open("id", "/workspace/a"),
      files.open("id", "/workspace/none"),
      files.write("id", { path: "/workspace/a", content: of("x") }),
      files.write("id", { path: "/workspace/a/file/x", content: of("x") }),
      files.move("id", { from: "/workspace/a", to: "/workspace/a/x", overwrite: false }),
      files.move("id", { from: "/workspace/a", to: "/workspace/none/x", overwrite: false }),
      files.list("id", "/workspace/a/file"),
      Array.fromAsync(files.walk("id", { path: "/workspace/out" })),
      files.remove("id", "/workspace/out/x"),
    ];
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toEqual([]);
    for await (const _entry of files.walk("id", { path: "/workspace" })) break;
    expect(await heldOpen(root)).toEqual([]);
  });

  test("whose root leads through a link by now is not entered", async () => {
    await using tree = await openTree();
    await symlink(tree.root, `${tree.root}-link`);
    try {
      const files = createTreeFiles(() => Promise.resolve({ root: `${tree.root}-link`, owner: undefined }));
      await expect(files.list("id", "/workspace")).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
    } finally {
      await rm(`${tree.root}-link`);
    }
  });

  test("with a link of the tree's own parent climbs no higher than its root", async () => {
    await using tree = await openTree();
    const { files, root } = tree;
    await symlink("../../..", join(root, "up"));
    await symlink("/workspace/../etc", join(root, "sideways"));
    for (const way of ["up", "sideways"]) {
      const refused = { code: "PATH_NOT_ALLOWED" };
      await expect(files.list("id", `/workspace/${way}`)).rejects.toMatchObject(refused);
      await expect(files.write("id", { path: `/workspace/${way}/x`, content: of("x") })).rejects.toMatchObject(refused);
    }
  });

  test("however deep is removed, watched and left with a bounded number of descriptors", async () => {
    await using tree = await openTree();
    const { files, root } = tree;
    const deep = join(root, "top", "d/".repeat(DEPTH));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "file"), "text");
    const whileWatched = await mostOpened(async () => {
      await using _watch = await files.watch("id", "/workspace/top");
    });
    const whileRemoved = await mostOpened(() => files.remove("id", "/workspace/top"));
    for (const most of [whileWatched, whileRemoved]) {
      expect(most).toBeGreaterThan(100);
      expect(most).toBeLessThan(300);
    }
    expect(await readdir(root)).toEqual([]);
    expect(await heldOpen(root)).toEqual([]);
  });

  test("with many deep branches is removed whole", async () => {
    await using tree = await openTree();
    const { files, root } = tree;
    for (const at of [254, 255, 256, 400]) {
      const branch = join(root, "top", "d/".repeat(at));
      for (const name of ["one", "two"]) await mkdir(join(branch, name, "x/".repeat(300)), { recursive: true });
      await symlink("/tmp", join(branch, "out"));
      await writeFile(join(branch, "file"), "text");
    }
    await writeFile(join(root, "kept"), "text");
    await files.remove("id", "/workspace/top");
    expect(await readdir(root)).toEqual(["kept"]);
  });

  test("keeps the other names of a file that is written anew as they were", async () => {
    await using tree = await openTree();
    const { files, root } = tree;
    await writeFile(join(root, "one"), "before");
    await link(join(root, "one"), join(root, "other"));
    await files.write("id", { path: "/workspace/one", content: of("after") });
    await using other = await files.open("id", "/workspace/other");
    expect(Buffer.concat(await Array.fromAsync(other.read(0, 99))).toString()).toBe("before");
  });
});
