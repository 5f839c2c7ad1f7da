import { execFile } from "node:child_process";
import { renameSync } from "node:fs";
import { chmod, chown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { JOB_USER, lend, takeBack } from "./ownership.ts";

async function inTree(work: (base: string, tree: string) => Promise<void>): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), "moorage-owner-"));
  try {
    await mkdir(join(base, "tree"));
    await work(base, join(base, "tree"));
  } finally {
    await rm(base, { recursive: true });
  }
}

async function owners(...paths: readonly string[]): Promise<readonly string[]> {
  return Promise.all(paths.map(async (path) => lstat(path).then(({ uid, gid }) => `${uid}:${gid}`)));
}

describe("a workspace of root", () => {
  it("is lent and taken back whole, without following symlinks", () =>
    inTree(async (base, tree) => {
      const deep = join(tree, "d\u00e9ep", "er");
      await mkdir(deep, { recursive: true });
      const odd = join(deep, "new\nline \u00fc");
      await writeFile(odd, "");
      await writeFile(join(base, "outside"), "");
      await symlink(join(base, "outside"), join(tree, "link"));
      const loan = await lend(tree);
      expect(await owners(tree, deep, odd, join(tree, "link"))).toEqual(["1000:0", "1000:0", "1000:0", "1000:0"]);
      expect(await owners(join(base, "outside"))).toEqual(["0:0"]);
      await takeBack(loan);
      expect(await owners(tree, deep, odd, join(tree, "link"))).toEqual(["0:0", "0:0", "0:0", "0:0"]);
    }));

  it("keeps its groups, its set-id files, and what was the job user's before", () =>
    inTree(async (_base, tree) => {
      const [shared, special, theirs, other] = ["shared", "special", "theirs", "other"].map((name) => join(tree, name));
      if (shared === undefined || special === undefined || theirs === undefined || other === undefined)
        throw new Error();
      for (const path of [shared, special, theirs, other]) await writeFile(path, "");
      await chown(shared, 0, 33);
      await chmod(special, 0o4755);
      await chown(theirs, JOB_USER.uid, JOB_USER.gid);
      await chown(other, 4242, 4242);
      const loan = await lend(tree);
      expect(await owners(shared, special, theirs, other)).toEqual(["1000:33", "0:0", "1000:1000", "4242:4242"]);
      await takeBack(loan);
      expect(await owners(shared, special, theirs, other)).toEqual(["0:33", "0:0", "1000:1000", "4242:4242"]);
      expect((await lstat(special)).mode & 0o7777).toBe(0o4755);
    }));

  it("gets back what the job made, without the set-id bits that it gave", () =>
    inTree(async (_base, tree) => {
      const loan = await lend(tree);
      const made = join(tree, "made");
      await writeFile(made, "");
      await chown(made, JOB_USER.uid, JOB_USER.gid);
      await chmod(made, 0o6755);
      await takeBack(loan);
      expect(await owners(made)).toEqual(["0:0"]);
      expect((await lstat(made)).mode & 0o7777).toBe(0o755);
    }));

  it("is lent and taken back however deep it is", () =>
    inTree(async (_base, tree) => {
      const deep = join(tree, ...Array.from({ length: 600 }, () => "d"));
      await mkdir(deep, { recursive: true });
      await writeFile(join(deep, "leaf"), "");
      const places = [tree, join(tree, "d"), deep, join(deep, "leaf")];
      const loan = await lend(tree);
      expect(await owners(...places)).toEqual(["1000:0", "1000:0", "1000:0", "1000:0"]);
      await takeBack(loan);
      expect(await owners(...places)).toEqual(["0:0", "0:0", "0:0", "0:0"]);
    }));

  it("is taken back whole when a directory is moved while it is walked", () =>
    inTree(async (_base, tree) => {
      for (const name of ["a/b/c", "a/z", "y"]) await mkdir(join(tree, name), { recursive: true });
      await writeFile(join(tree, "a/b/c/file"), "");
      await lend(tree);
      const { ino } = await lstat(join(tree, "a/b/c/file"));
      let moves = 0;
      class Moving extends Set<string> {
        override has(inode: string): boolean {
          if (inode.endsWith(`:${ino}`) && (moves += 1) === 1) renameSync(join(tree, "a/b"), join(tree, "y/b"));
          return super.has(inode);
        }
      }
      expect(await takeBack({ path: tree, kept: new Moving() })).toBeUndefined();
      expect(moves).toBeGreaterThan(0);
      const places = [tree, join(tree, "a"), join(tree, "a/z"), join(tree, "y"), join(tree, "y/b/c/file")];
      expect(await owners(...places)).toEqual(["0:0", "0:0", "0:0", "0:0", "0:0"]);
    }));

  it("gets back all but what cannot be changed, and tells it", () =>
    inTree(async (_base, tree) => {
      const mount = promisify(execFile);
      const places = ["a", "fixed", "z"].map((name) => join(tree, name));
      for (const place of places) await mkdir(place);
      const loan = await lend(tree);
      await mount("mount", ["-t", "tmpfs", "-o", "ro,uid=1000", "tmpfs", join(tree, "fixed")]);
      try {
        expect(await takeBack(loan)).toMatch(
          /^Not all of the workspace ".*\/tree" could be given back to root; the first failure: Error: EROFS: /,
        );
        expect(await owners(tree, ...places)).toEqual(["0:0", "0:0", "1000:0", "0:0"]);
      } finally {
        await mount("umount", [join(tree, "fixed")]);
      }
    }));
});
