import { chmod, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changeOwner, JOB_USER } from "./ownership.ts";

const ROOT = { uid: 0, gid: 0 };

describe("a workspace of root", () => {
  it("is lent and given back whole, without following symlinks and without set-id bits", async () => {
    const base = await mkdtemp(join(tmpdir(), "moorage-owner-"));
    try {
      const tree = join(base, "tree");
      await mkdir(join(tree, "d\u00e9ep", "er"), { recursive: true });
      const odd = join(tree, "d\u00e9ep", "new\nline \u00fc");
      const setId = join(tree, "d\u00e9ep", "er", "set-id");
      for (const path of [odd, setId, join(base, "outside")]) await writeFile(path, "");
      await symlink(join(base, "outside"), join(tree, "link"));
      await changeOwner(tree, 0, JOB_USER);
      for (const path of [tree, join(tree, "d\u00e9ep", "er"), odd, setId, join(tree, "link")]) {
        expect((await lstat(path)).uid).toBe(JOB_USER.uid);
      }
      expect((await lstat(join(base, "outside"))).uid).toBe(0);
      await chmod(setId, 0o6755);
      await changeOwner(tree, JOB_USER.uid, ROOT);
      expect(await lstat(setId)).toMatchObject({ uid: 0, gid: 0 });
      expect((await lstat(setId)).mode & 0o7777).toBe(0o755);
    } finally {
      await rm(base, { recursive: true });
    }
  });

  it("leaves what belongs to others theirs", async () => {
    const base = await mkdtemp(join(tmpdir(), "moorage-owner-"));
    try {
      await writeFile(join(base, "other"), "");
      await changeOwner(join(base), 4242, JOB_USER);
      expect((await lstat(join(base, "other"))).uid).toBe(0);
    } finally {
      await rm(base, { recursive: true });
    }
  });
});
