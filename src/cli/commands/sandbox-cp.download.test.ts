import { link, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { hostWith } from "../testing/platform.ts";
import { tarOf, type Wish } from "../testing/tar.ts";
import { moorage, type Seen } from "../testing/terminal.ts";

type Copied = Seen & { readonly asked: unknown };

/** `moorage sandbox cp SRC DST` in a directory, of a sandbox that answers with these entries. */
async function copy(
  words: readonly string[],
  directory: string,
  entries: readonly Wish[] | AsyncIterable<Uint8Array>,
): Promise<Copied> {
  let asked: unknown;
  const download = (input: unknown): AsyncIterable<Uint8Array> => {
    asked = input;
    return Symbol.asyncIterator in entries ? entries : tarOf(...entries);
  };
  const { host } = hostWith({}, { download });
  return { ...(await moorage(["sandbox", "cp", ...words], { host, directory })), asked };
}

const read = (...parts: string[]): Promise<string> => readFile(join(...parts), "utf8");
const file = { name: "out.txt", content: "hello\n", mode: 0o640, mtime: new Date("2026-01-02T03:04:05Z") };
const tree: readonly Wish[] = [
  { name: "src" },
  { name: "src/main.py", content: "print(1)\n", mode: 0o755 },
  { name: "src/empty", content: "" },
  { name: "src/lib", mode: 0o500 },
  { name: "src/lib/a", content: "a" },
  { name: "src/lib/current", type: "symlink", linkname: "../main.py" },
  { name: "src/lib/same", type: "link", linkname: "src/lib/a" },
];

describe("where a copy lands", () => {
  test("a file: under the name that is given, or in the directory that is there", async () => {
    await using at = await temporaryDirectory();
    await mkdir(join(at.path, "there"));
    const seen = await copy(["demo:sub/out.txt", "copy.txt"], at.path, [file]);
    expect(seen).toMatchObject({ exitCode: 0, stdout: "", asked: { id: "demo", path: "sub/out.txt" } });
    expect(seen.stderr).toMatchInlineSnapshot(`
      "✔ Copied 1 file (6 B) to copy.txt
      "
    `);
    await copy(["demo:out.txt", "there"], at.path, [file]);
    await copy(["demo:out.txt", "./there/other"], at.path, [file]);
    expect(
      await Promise.all([read(at.path, "copy.txt"), read(at.path, "there/out.txt"), read(at.path, "there/other")]),
    ).toEqual(["hello\n", "hello\n", "hello\n"]);
    const stats = await stat(join(at.path, "copy.txt"));
    expect({ mode: stats.mode & 0o777, mtime: stats.mtime }).toEqual({ mode: 0o640, mtime: file.mtime });
  });

  test("a tree: as the directory that is made, into the one that is there, or its contents alone", async () => {
    await using at = await temporaryDirectory();
    await mkdir(join(at.path, "there"));
    await mkdir(join(at.path, "filled"));
    expect((await copy(["demo:src", "fresh"], at.path, tree)).exitCode).toBe(0);
    expect((await copy(["demo:src", "there"], at.path, tree)).exitCode).toBe(0);
    expect((await copy(["demo:src/.", "filled"], at.path, tree)).asked).toEqual({ id: "demo", path: "src" });
    for (const root of ["fresh", "there/src", "filled"]) {
      expect((await readdir(join(at.path, root))).toSorted()).toEqual(["empty", "lib", "main.py"]);
      expect(await read(at.path, root, "lib/current")).toBe("print(1)\n");
      expect(await readlink(join(at.path, root, "lib/current"))).toBe("../main.py");
    }
    const [a, same] = await Promise.all(["a", "same"].map((name) => stat(join(at.path, "fresh/lib", name))));
    expect(same?.ino).toBe(a?.ino);
    expect((await stat(join(at.path, "fresh/main.py"))).mode & 0o111).toBe(0o111);
  });

  test("the whole workspace is spelled out, so that the archive's root has a name", async () => {
    await using at = await temporaryDirectory();
    for (const source of ["demo:", "demo:.", "demo:/workspace/", "demo:./."]) {
      expect((await copy([source, "w"], at.path, [{ name: "workspace" }])).asked).toEqual({
        id: "demo",
        path: "/workspace",
      });
    }
  });

  test("what is there under the name is replaced", async () => {
    await using at = await temporaryDirectory();
    await writeFile(join(at.path, "out.txt"), "older and longer\n");
    await link(join(at.path, "out.txt"), join(at.path, "second-name"));
    await copy(["demo:out.txt", "."], at.path, [file]);
    expect(await read(at.path, "out.txt")).toBe("hello\n");
    expect(await read(at.path, "second-name")).toBe("older and longer\n");
    expect((await readdir(at.path)).toSorted()).toEqual(["out.txt", "second-name"]);
  });

  test("--json counts what was copied", async () => {
    await using at = await temporaryDirectory();
    const { stdout } = await copy(["demo:src", "fresh", "--json"], at.path, tree);
    expect(stdout).toBe('{"files":5,"bytes":10}\n');
  });
});

test("odd names are names", async () => {
  await using at = await temporaryDirectory();
  const names = [
    "with space",
    "new\nline",
    "-rf",
    "quo'te\"s",
    "ümläut",
    "*",
    "a:b",
    "\u001b[2J",
    "$(id)",
    "x".repeat(200),
  ];
  const { exitCode } = await copy(["--", "demo:-odd", "."], at.path, [
    { name: "-odd" },
    ...names.map((name) => ({ name: `-odd/${name}`, content: name })),
  ]);
  expect(exitCode).toBe(0);
  expect((await readdir(join(at.path, "-odd"))).toSorted()).toEqual(names.toSorted());
  expect(await read(at.path, "-odd", "new\nline")).toBe("new\nline");
});

test("a large file is streamed: no more of it is fetched than is written", async () => {
  await using at = await temporaryDirectory();
  const size = 64 * 1024 * 1024;
  const block = Buffer.alloc(1024 * 1024, "m");
  let furthest = 0;
  const written = async (): Promise<number> => {
    const [name] = await readdir(at.path);
    return name === undefined ? 0 : (await stat(join(at.path, name))).size;
  };
  async function* large(): AsyncGenerator<Uint8Array> {
    const [empty = new Uint8Array()] = await Array.fromAsync(tarOf({ name: "big", content: "" }));
    const header = Buffer.from(empty).subarray(0, 512);
    header.write(`${size.toString(8).padStart(11, "0")} `, 124);
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    yield header;
    for (let sent = 0; sent < size; sent += block.length) {
      furthest = Math.max(furthest, sent - (await written()));
      yield block;
    }
    yield Buffer.alloc(1024);
  }
  expect((await copy(["demo:big", "."], at.path, large())).exitCode).toBe(0);
  expect((await stat(join(at.path, "big"))).size).toBe(size);
  expect(furthest).toBeLessThan(4 * block.length);
});

describe("nothing is written outside of the target", () => {
  const refusals: readonly (readonly [string, Wish])[] = [
    ["an absolute name", { name: "/escaped", content: "x" }],
    ["`..` in a name", { name: "src/../../escaped", content: "x" }],
    ["`..` as a directory", { name: "src/../..", mode: 0o777 }],
    ["another root", { name: "escaped", content: "x" }],
    ["an absolute link", { name: "src/l", type: "symlink", linkname: "/etc/passwd" }],
    ["a link that climbs out", { name: "src/l", type: "symlink", linkname: "../escaped" }],
    ["a link that climbs out by way of another", { name: "src/l", type: "symlink", linkname: "lib/../../escaped" }],
    ["a hard link out", { name: "src/l", type: "link", linkname: "../escaped" }],
    ["an absolute hard link", { name: "src/l", type: "link", linkname: "/etc/passwd" }],
    ["a hard link to a link", { name: "src/l", type: "link", linkname: "src/lib/current" }],
    ["a device", { name: "src/null", type: "character-device", devmajor: 1, devminor: 3 }],
    ["a disk", { name: "src/sda", type: "block-device", devmajor: 8, devminor: 0 }],
    ["a named pipe", { name: "src/pipe", type: "fifo" }],
    ["a name that is deeper than any tree", { name: `src/${"d/".repeat(300)}x`, content: "x" }],
  ];

  test.each(refusals)("%s is left out; the rest is copied, and the command fails", async (_what, wish) => {
    await using at = await temporaryDirectory();
    const { exitCode, stderr } = await copy(["demo:src", "target"], at.path, [...tree, wish]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("was left out");
    expect(await readdir(at.path)).toEqual(["target"]);
    expect((await readdir(join(at.path, "target"))).toSorted()).toEqual(["empty", "lib", "main.py"]);
  });

  test("what was left out is told", async () => {
    await using at = await temporaryDirectory();
    const entries = [
      ...tree,
      { name: "src/a\nb", type: "symlink" as const, linkname: "/etc" },
      { name: "src/p", type: "fifo" as const },
    ];
    expect((await copy(["demo:src", "target"], at.path, entries)).stderr).toMatchInlineSnapshot(`
      "warning: "src/a\\nb" was left out: it is a link that leads out, to "/etc".
      warning: "src/p" was left out: it is a named pipe.
      error: 2 entries were left out; 5 files (10 B) copied.
      hint: Pack what must be copied as it is with tar inside the sandbox, and copy the archive.
      "
    `);
    const { stdout } = await copy(["demo:src", "target", "--json"], at.path, entries);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "PATH_NOT_ALLOWED", details: { files: 5, refused: [{ name: "src/a\nb" }, { name: "src/p" }] } },
    });
  });

  test("a link in the archive is never followed by what comes after it", async () => {
    await using at = await temporaryDirectory();
    await mkdir(join(at.path, "lib"));
    const { exitCode } = await copy(["demo:src", "target"], at.path, [
      { name: "src" },
      { name: "src/inside" },
      { name: "src/way", type: "symlink", linkname: "inside" },
      { name: "src/way/file", content: "x" },
      { name: "src/way/sub" },
    ]);
    expect(exitCode).toBe(2);
    expect(await readdir(join(at.path, "target/inside"))).toEqual([]);
  });

  test("a link that is planted in the target is not followed: not as a directory", async () => {
    await using at = await temporaryDirectory();
    await mkdir(join(at.path, "outside"));
    await mkdir(join(at.path, "target"));
    await symlink("../outside", join(at.path, "target/lib"));
    const { exitCode } = await copy(["demo:src/.", "target"], at.path, tree);
    expect(exitCode).toBe(2);
    expect(await readdir(join(at.path, "outside"))).toEqual([]);
    expect(await read(at.path, "target/main.py")).toBe("print(1)\n");
  });

  test("nor as a file, nor as the root of the tree", async () => {
    await using at = await temporaryDirectory();
    await writeFile(join(at.path, "victim"), "untouched\n");
    await mkdir(join(at.path, "outside"));
    await symlink("victim", join(at.path, "out.txt"));
    await symlink("outside", join(at.path, "src"));
    await copy(["demo:out.txt", "."], at.path, [file]);
    expect(await read(at.path, "victim")).toBe("untouched\n");
    expect((await lstat(join(at.path, "out.txt"))).isFile()).toBe(true);
    expect((await copy(["demo:src", "."], at.path, tree)).exitCode).toBe(2);
    expect(await readdir(join(at.path, "outside"))).toEqual([]);
  });

  test("a directory that is swapped for a link meanwhile leads nowhere else", async () => {
    await using at = await temporaryDirectory();
    await mkdir(join(at.path, "outside"));
    const { rename } = await import("node:fs/promises");
    async function* swapping(): AsyncGenerator<Uint8Array> {
      const chunks: Uint8Array[] = [];
      for await (const chunk of tarOf(
        { name: "src" },
        { name: "src/lib" },
        { name: "src/lib/a", content: "a".repeat(1024) },
        { name: "src/lib/b", content: "b" },
      )) {
        chunks.push(chunk);
      }
      const whole = Buffer.concat(chunks);
      yield whole.subarray(0, 4 * 512);
      // Half of `a` is there, under the name that it has until it is whole.
      while ((await names(join(at.path, "target/lib"))).length === 0) await new Promise(setImmediate);
      await rename(join(at.path, "target/lib"), join(at.path, "target/moved"));
      await symlink("../outside", join(at.path, "target/lib"));
      yield whole.subarray(4 * 512);
    }
    await copy(["demo:src", "target"], at.path, swapping());
    expect(await readdir(join(at.path, "outside"))).toEqual([]);
    expect(await readdir(join(at.path, "target/moved"))).toContain("a");
  });
});

const names = (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);

describe("what cannot be", () => {
  const told = async (
    words: readonly string[],
    directory: string,
    entries: Parameters<typeof copy>[2],
  ): Promise<string> => {
    const { exitCode, stdout, stderr } = await copy(words, directory, entries);
    return `${stdout}${stderr.replaceAll(directory, "DIR")}exit ${exitCode}`;
  };

  test("is told with the path and the reason", async () => {
    await using at = await temporaryDirectory();
    await writeFile(join(at.path, "file"), "");
    await mkdir(join(at.path, "out.txt"));
    expect(await told(["a", "b"], at.path, [])).toMatchInlineSnapshot(`
      "error: SRC and DST: expected one of them as ID:PATH (both are paths of this host).
      hint: Write the sandbox's side as ID:PATH, such as demo:out/report.html.
      exit 2"
    `);
    expect(await told(["one:a", "two:b"], at.path, [])).toMatchInlineSnapshot(`
      "error: SRC and DST: expected one of them as ID:PATH (both are in sandboxes).
      hint: Copy between two sandboxes by way of this host.
      exit 2"
    `);
    expect(await told(["demo:a", ""], at.path, [])).toMatchInlineSnapshot(`
      "error: DST: expected ID:PATH or a path of this host (got "").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["demo:a", "-"], at.path, [])).toMatchInlineSnapshot(`
      "error: DST: expected ID:PATH or a path of this host (got "-").
      hint: \`moorage file read\` prints a file and \`moorage file write\` takes one; ./- is a file of that name.
      exit 2"
    `);
    expect(await told(["demo:../etc/passwd", "x"], at.path, [])).toMatchInlineSnapshot(`
      "error: SRC: expected a path without \`..\` (got "demo:../etc/passwd").
      hint: Name a path inside the workspace, without \`..\`; relative paths start at /workspace.
      exit 2"
    `);
    expect(await told(["demo:src", "file"], at.path, tree)).toMatchInlineSnapshot(`
      "error: "file" on this host is a file, and a directory is copied to it.
      hint: Choose another name, or remove what holds it.
      exit 1"
    `);
    expect(await told(["demo:out.txt", "missing/"], at.path, [file])).toMatchInlineSnapshot(`
      "error: The directory "missing/" does not exist on this host.
      hint: Make the directory first, or leave the slash at the end out.
      exit 1"
    `);
    expect(await told(["demo:out.txt", "no/where"], at.path, [file])).toMatchInlineSnapshot(`
      "error: "DIR/no" on this host does not exist.
      hint: Check the spelling; relative paths start at the current directory.
      exit 1"
    `);
    expect(await told(["demo:out.txt", "."], at.path, [file])).toMatchInlineSnapshot(`
      "error: "DIR/out.txt" on this host is a directory where a file is needed.
      hint: Check the spelling; relative paths start at the current directory.
      exit 1"
    `);
    expect((await readdir(at.path)).toSorted()).toEqual(["file", "out.txt"]);
  });

  test("an archive that breaks off leaves no half file", async () => {
    await using at = await temporaryDirectory();
    async function* broken(): AsyncGenerator<Uint8Array> {
      const [first = new Uint8Array()] = await Array.fromAsync(tarOf({ name: "out.txt", content: "x".repeat(2000) }));
      yield Buffer.from(first).subarray(0, 700);
    }
    expect(await told(["demo:out.txt", "."], at.path, broken())).toMatchInlineSnapshot(`
      "error: The archive that came from the sandbox could not be read to its end.
      hint: Run \`moorage doctor\` and read the engine's own log.
      exit 1"
    `);
    expect(await readdir(at.path)).toEqual([]);
  });

  test("an error of the sandbox is told as it is", async () => {
    await using at = await temporaryDirectory();
    async function* failing(): AsyncGenerator<Uint8Array> {
      for await (const chunk of tarOf(file)) {
        yield chunk.subarray(0, 512);
        throw new MoorageError("FILE_NOT_FOUND", 'There is no "out.txt" in the sandbox.');
      }
    }
    expect(await told(["demo:out.txt", "."], at.path, failing())).toMatchInlineSnapshot(`
      "error: There is no "out.txt" in the sandbox.
      hint: List the directory with \`moorage file ls\`.
      exit 1"
    `);
    expect(await readdir(at.path)).toEqual([]);
  });
});
