import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { ArchiveInput } from "../../contracts/raw.ts";
import { temporaryDirectory } from "../testing/directory.ts";
import { hostWith } from "../testing/platform.ts";
import { readTar, type Read } from "../testing/tar.ts";
import { moorage, type Seen } from "../testing/terminal.ts";

type Upload = (input: ArchiveInput, tar: AsyncIterable<Uint8Array>) => Promise<void>;
type Sent = Seen & { readonly into: string | undefined; readonly entries: readonly Read[] };

/** A sandbox with a directory `dir`, a file `file`, a link to each of both, and nothing else. */
const LISTING: Readonly<Record<string, string>> = {
  dir: "directory",
  file: "file",
  "to-dir": "symlink",
  "to-file": "symlink",
};

function list(input: unknown): unknown {
  const { path } = input as { path: string };
  if (path === "dir" || path === "to-dir") return { items: [], nextCursor: null };
  if (path !== ".") throw new MoorageError("FILE_NOT_FOUND", `There is no directory "${path}".`);
  return { items: Object.entries(LISTING).map(([name, type]) => ({ name, type })), nextCursor: null };
}

async function copy(words: readonly string[], directory: string, upload?: Upload): Promise<Sent> {
  let into: string | undefined;
  let entries: readonly Read[] = [];
  const keep: Upload = async (input, tar) => {
    into = input.path;
    entries = await readTar(tar);
  };
  const { host } = hostWith({ "file.list": list }, { upload: upload ?? keep });
  const seen = await moorage(["sandbox", "cp", ...words], { host, directory });
  return { ...seen, into, entries };
}

const landed = ({ into, entries }: Sent) => ({ into, names: entries.map(({ name }) => name) });

async function project(): Promise<AsyncDisposable & { readonly path: string }> {
  const at = await temporaryDirectory();
  await mkdir(join(at.path, "src/lib"), { recursive: true });
  await writeFile(join(at.path, "src/main.py"), "print(1)\n", { mode: 0o755 });
  await writeFile(join(at.path, "src/lib/empty"), "");
  await symlink("../main.py", join(at.path, "src/lib/current"));
  return at;
}

describe("where a copy lands", () => {
  test.each([
    ["demo:new.py", ".", "new.py"],
    ["demo:file", ".", "file"],
    ["demo:to-file", ".", "to-file"],
    ["demo:dir", "dir", "main.py"],
    ["demo:to-dir", "to-dir", "main.py"],
    ["demo:dir/", "dir", "main.py"],
    ["demo:fresh/", "fresh", "main.py"],
    ["demo:", "/workspace", "main.py"],
    ["demo:.", "/workspace", "main.py"],
    ["demo:a/b/new.py", "a/b", "new.py"],
  ])("a file, at %s: in %s as %s", async (target, into, name) => {
    await using at = await project();
    const sent = await copy(["src/main.py", target], at.path);
    expect(sent.exitCode).toBe(0);
    expect(landed(sent)).toEqual({ into, names: [name] });
    expect(sent.entries[0]).toMatchObject({ type: "file", mode: 0o755, content: "print(1)\n" });
  });

  test.each([
    ["src", "demo:fresh", "fresh", ["lib", "lib/current", "lib/empty", "main.py"]],
    ["src", "demo:dir", "dir", ["src", "src/lib", "src/lib/current", "src/lib/empty", "src/main.py"]],
    ["src/.", "demo:dir", "dir", ["lib", "lib/current", "lib/empty", "main.py"]],
    ["src/lib/", "demo:", "/workspace", ["lib", "lib/current", "lib/empty"]],
  ])("a tree: %s at %s in %s", async (source, target, ...[into, names]) => {
    await using at = await project();
    expect(landed(await copy([source, target], at.path))).toEqual({ into, names });
  });

  test("what is told of it", async () => {
    await using at = await project();
    expect((await copy(["src", "demo:fresh"], at.path)).stderr).toMatchInlineSnapshot(`
      "✔ Copied 3 files (9 B) to demo:fresh
      "
    `);
    expect((await copy(["src", "demo:fresh", "--json"], at.path)).stdout).toBe('{"files":3,"bytes":9}\n');
  });
});

test("links stay links, and nothing is read through them but what was named", async () => {
  await using at = await project();
  const { entries } = await copy(["src", "demo:fresh"], at.path);
  expect(
    entries.filter(({ type }) => type === "symlink").map(({ name, linkname, content }) => [name, linkname, content]),
  ).toEqual([["lib/current", "../main.py", ""]]);
  const named = await copy(["src/lib/current", "demo:new.py"], at.path);
  expect(named.entries).toMatchObject([{ name: "new.py", type: "file", content: "print(1)\n" }]);
});

test.each([
  ["src", "demo:dir", ["../../../../above"], ["../../../above"]],
  ["src/.", "demo:dir", ["../../../above"], ["../../above"]],
  ["src/.", "demo:", ["../../above"], ["../main.py"]],
  ["src", "demo:/workspace/a/b/fresh", ["/workspace/x", "../lib/../main.py"], ["../../../../above"]],
])("of links, at %s %s, those that lead out of the workspace are left out, and told", async (...row) => {
  const [source, target, out, inside] = row;
  await using at = await project();
  for (const [index, link] of ["/etc/passwd", ...out, ...inside].entries()) {
    await symlink(link, join(at.path, `src/lib/link${index}`));
  }
  const sent = await copy([source, target], at.path);
  expect(sent.exitCode).toBe(2);
  expect(sent.stderr.match(/leads out of the workspace, to .*"/g)).toHaveLength(out.length + 1);
  const links = sent.entries.filter(({ type }) => type === "symlink").map(({ linkname }) => linkname);
  expect(links).toEqual(["../main.py", ...inside]);
});

test("odd names are names", async () => {
  await using at = await temporaryDirectory();
  const names = ["-rf", "a:b", "new\nline", "quo'te\"s", "with space", "x".repeat(200), "ümläut"];
  await mkdir(join(at.path, "-odd"));
  for (const name of names) await writeFile(join(at.path, "-odd", name), name);
  const { exitCode, entries } = await copy(["--", "-odd", "demo:fresh"], at.path);
  expect(exitCode).toBe(0);
  expect(entries.map(({ name }) => name)).toEqual(names);
  expect(landed(await copy(["./-odd/a:b", "demo:dir"], at.path))).toEqual({ into: "dir", names: ["a:b"] });
});

test("what is neither file, directory nor link is left out, and told", async () => {
  await using at = await project();
  await promisify(execFile)("mkfifo", [join(at.path, "src/pipe")]);
  const sent = await copy(["src", "demo:fresh"], at.path);
  expect(sent.exitCode).toBe(2);
  expect(sent.stderr).toMatchInlineSnapshot(`
    "warning: "pipe" was left out: it is neither a file, a directory nor a link.
    error: 1 entry was left out; 3 files (9 B) copied.
    hint: Pack what must be copied as it is with tar inside the sandbox, and copy the archive.
    "
  `);
  expect(sent.entries.map(({ name }) => name)).toContain("main.py");
});

test("a name that is not UTF-8 is left out, and told", async () => {
  await using at = await project();
  await writeFile(Buffer.concat([Buffer.from(`${join(at.path, "src")}/`), Buffer.from([0xff])]), "x");
  const sent = await copy(["src", "demo:fresh"], at.path);
  expect(sent.exitCode).toBe(2);
  expect(sent.stderr).toContain("its name is not UTF-8");
});

test("a large file is streamed: no more of it is read than is sent", async () => {
  await using at = await temporaryDirectory();
  const size = 64 * 1024 * 1024;
  await writeFile(join(at.path, "big"), "");
  await truncate(join(at.path, "big"), size);
  let received = 0;
  let readAhead = Infinity;
  const sent = await copy(["big", "demo:big"], at.path, async (_input, tar) => {
    for await (const chunk of tar) {
      if (received === 0) {
        const before = await bytesRead();
        // While nothing is taken, the same file is read here to its end: time enough to read ahead.
        for await (const _block of createReadStream(join(at.path, "big")));
        readAhead = (await bytesRead()) - before - size;
      }
      received += chunk.length;
    }
  });
  expect(sent.exitCode).toBe(0);
  expect(received).toBeGreaterThan(size);
  expect(readAhead).toBeLessThan(4 * 1024 * 1024);
});

/** What this process has read from files, as Linux counts it. */
async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)$/m.exec(await readFile("/proc/self/io", "utf8"))?.[1]);
}

describe("what cannot be", () => {
  const told = async (words: readonly string[], directory: string, upload?: Upload): Promise<string> => {
    const { exitCode, stdout, stderr } = await copy(words, directory, upload);
    return `${stdout}${stderr.replaceAll(directory, "DIR")}exit ${exitCode}`;
  };

  test("is told with the path and the reason", async () => {
    await using at = await project();
    expect(await told(["missing\nfile", "demo:x"], at.path)).toMatchInlineSnapshot(`
      "error: "missing\\nfile" on this host does not exist.
      hint: Check the spelling; relative paths start at the current directory.
      exit 1"
    `);
    expect(await told(["/dev/null", "demo:x"], at.path)).toMatchInlineSnapshot(`
      "error: "/dev/null" is neither a file nor a directory.
      hint: Pipe it: \`moorage file write ID PATH < FILE\`.
      exit 2"
    `);
    expect(await told(["src", "demo:file"], at.path)).toMatchInlineSnapshot(`
      "error: "file" is a file of the sandbox, and a directory is copied to it.
      hint: Choose another name, or remove what holds it.
      exit 1"
    `);
    expect(await told(["src", "demo:a/../../x"], at.path)).toMatchInlineSnapshot(`
      "error: DST: expected a path without \`..\` (got "demo:a/../../x").
      hint: Name a path inside the workspace, without \`..\`; relative paths start at /workspace.
      exit 2"
    `);
    expect(await told(["src/main.py/x", "demo:x"], at.path)).toMatchInlineSnapshot(`
      "error: "src/main.py/x" on this host is not a directory, and is needed as one.
      hint: Check the spelling; relative paths start at the current directory.
      exit 1"
    `);
  });

  test("an upload that fails is told as it is, and ends the reading", async () => {
    await using at = await temporaryDirectory();
    await writeFile(join(at.path, "big"), "");
    await truncate(join(at.path, "big"), 64 * 1024 * 1024);
    const failing: Upload = async (_input, tar) => {
      for await (const _chunk of tar) throw new MoorageError("SANDBOX_NOT_RUNNING", "The sandbox demo is stopped.");
    };
    expect(await told(["big", "demo:big"], at.path, failing)).toMatchInlineSnapshot(`
      "error: The sandbox demo is stopped.
      hint: See its state and reason with \`moorage sandbox get\`; create a new one if it is gone.
      exit 1"
    `);
  });

  test("a file that shrinks meanwhile is told, and not what the upload made of it", async () => {
    await using at = await temporaryDirectory();
    await writeFile(join(at.path, "log"), "");
    await truncate(join(at.path, "log"), 8 * 1024 * 1024);
    const shrinking: Upload = async (_input, tar) => {
      try {
        for await (const _chunk of tar) await truncate(join(at.path, "log"), 10);
      } catch (cause) {
        throw new MoorageError("ENGINE_FAILED", "The engine broke off.", { cause });
      }
    };
    expect(await told(["log", "demo:log"], at.path, shrinking)).toMatchInlineSnapshot(`
      "error: "log" became shorter while it was copied.
      hint: Copy it when nothing writes to it.
      exit 1"
    `);
  });
});
