import { describe, expect, test } from "vitest";
import type { PathStat } from "../api/replies.ts";
import type { TarHeader } from "./tar-header.ts";
import type { Look } from "./unit-place.ts";
import { UploadTree } from "./upload-tree.ts";

const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
const user = { uid: 7, gid: 8 };

const keep = (path: string): Promise<void> => Promise.reject(new Error(`${path} was to be removed`));

type There = Readonly<Record<string, "directory" | "file" | { readonly leadsTo: string }>>;

function looking(there: There): Look & { readonly seen: string[] } {
  const seen: string[] = [];
  const look = (path: string): Promise<PathStat | undefined> => {
    seen.push(path);
    const what = path === "/workspace" ? "directory" : there[path];
    if (what === undefined) return Promise.resolve(undefined);
    const facts = { name: "", size: 0, mtime: "2026-01-01T00:00:00Z", linkTarget: "" };
    if (typeof what === "object")
      return Promise.resolve({ ...facts, mode: GO_SYMLINK + 0o777, linkTarget: what.leadsTo });
    return Promise.resolve({ ...facts, mode: what === "directory" ? GO_DIRECTORY + 0o755 : 0o644 });
  };
  return Object.assign(look, { seen });
}

async function place(there: There, directory: string, ...headers: readonly TarHeader[]): Promise<string[]> {
  const tree = new UploadTree(looking(there), user, keep);
  const placed = [...(await tree.begin(directory))];
  for (const header of headers) placed.push(...(await tree.place({ type: "file", ...header })));
  return placed.map(({ name, type, uid, linkname }) => `${uid} ${type} ${name}${linkname ? ` -> ${linkname}` : ""}`);
}

describe("placing the entries of an archive", () => {
  test("missing directories are made once, for the unit's user", async () => {
    expect(await place({}, "/workspace/new", { name: "a/b/one" }, { name: "./a/b//two" })).toEqual([
      "7 directory new",
      "7 directory new/a",
      "7 directory new/a/b",
      "7 file new/a/b/one",
      "7 file new/a/b/two",
    ]);
  });

  test("directories that are there are left as they are, and what is below new ones is not looked for", async () => {
    const look = looking({ "/workspace/old": "directory" });
    const tree = new UploadTree(look, user, keep);
    await tree.begin("/workspace/old");
    await tree.place({ name: "x/y/z/file", type: "file" });
    expect(look.seen).toEqual(["/workspace/old", "/workspace/old/x"]);
  });

  test("links that stay inside are replaced by where they lead", async () => {
    const there = { "/workspace/l": { leadsTo: "/workspace/real" }, "/workspace/real": "directory" } as const;
    expect(await place(there, "/workspace/l", { name: "file" })).toEqual(["7 file real/file"]);
    expect(await place(there, "/workspace", { name: "l/file" })).toEqual(["7 file real/file"]);
  });

  test("a link's own target is judged from where it really stands", async () => {
    const there = { "/workspace/deep/l": { leadsTo: "/workspace" }, "/workspace/deep": "directory" } as const;
    const link = { name: "deep/l/x", type: "symlink", linkname: "../up" } as const;
    await expect(place(there, "/workspace", link)).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
    expect(await place(there, "/workspace", { ...link, name: "deep/x" })).toEqual(["7 symlink deep/x -> ../up"]);
  });

  test("a directory takes the place of a link, which is removed first", async () => {
    const removed: string[] = [];
    const unlink = (path: string): Promise<void> => Promise.resolve(void removed.push(path));
    const tree = new UploadTree(looking({ "/workspace/l": { leadsTo: "/etc" } }), user, unlink);
    await tree.begin("/workspace");
    const placed = await tree.place({ name: "l/", type: "directory" });
    expect(placed.map((entry) => entry.name)).toEqual(["l"]);
    expect((await tree.place({ name: "l/x", type: "file" })).map((entry) => entry.name)).toEqual(["l/x"]);
    expect(removed).toEqual(["/workspace/l"]);
  });

  test("hard links name real paths", async () => {
    const hard = { name: "b", type: "link", linkname: "./a" } as const;
    expect(await place({}, "/workspace/d", { name: "a" }, hard)).toEqual([
      "7 directory d",
      "7 file d/a",
      "7 link d/b -> d/a",
    ]);
  });

  test.each<[string, There, TarHeader]>([
    ["an absolute name", {}, { name: "/etc/x" }],
    ["a name that climbs", {}, { name: "a/../../x" }],
    ["a way through a link that leads out", { "/workspace/l": { leadsTo: "/etc" } }, { name: "l/x" }],
    ["a link that leads out", {}, { name: "l", type: "symlink", linkname: "../x" }],
    ["an absolute link that leads out", {}, { name: "l", type: "symlink", linkname: "/etc/passwd" }],
    ["a hard link to nothing", {}, { name: "h", type: "link", linkname: "no/where" }],
    ["a device", {}, { name: "d", type: "character-device" }],
    ["a pipe", {}, { name: "p", type: "fifo" }],
  ])("%s is PATH_NOT_ALLOWED", async (_, there, header) => {
    await expect(place(there, "/workspace", header)).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });

  test("a way through a link of the same archive is PATH_NOT_ALLOWED", async () => {
    const link = { name: "l", type: "symlink", linkname: "dir" } as const;
    await expect(place({}, "/workspace", link, { name: "l/x" })).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });

  test("something below a file is INVALID_INPUT", async () => {
    const code = { code: "INVALID_INPUT" };
    await expect(place({ "/workspace/f": "file" }, "/workspace", { name: "f/x" })).rejects.toMatchObject(code);
    await expect(place({}, "/workspace", { name: "f" }, { name: "f/x" })).rejects.toMatchObject(code);
  });
});
