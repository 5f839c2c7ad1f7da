import { execFile } from "node:child_process";
import { createServer } from "node:net";
import {
  appendFile,
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, type Collected } from "./collect.ts";
import { openDirectorySource } from "./directory-source.ts";
import type { Source } from "./entry.ts";
import { parseIgnoreFile } from "./ignore/ignore-file.ts";
import { ignoreRules } from "./ignore/ignore-rules.ts";
import { packTar } from "./tar/pack.ts";

const run = promisify(execFile);
const MIB = 1024 * 1024;

let root: string;
let source: Source;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "moorage-source-")));
  source = await openDirectorySource(root);
});

afterEach(async () => {
  await source[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

function collected(limits: Partial<{ maxFiles: number; maxBytes: number; maxFileBytes: number }> = {}, ignore = "") {
  const rules = ignoreRules(parseIgnoreFile(".dockerignore", ignore));
  return collect(source, { rules, limits: { maxFiles: 1000, maxBytes: 64 * MIB, maxFileBytes: 32 * MIB, ...limits } });
}

/** What the real tar makes of an archive of ours: a directory that it was unpacked into. */
async function unpacked({ entries }: Collected): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-unpacked-"));
  const file = `${directory}.tar`;
  await writeFile(file, packTar({ source, entries }));
  await run("tar", ["-x", "--same-permissions", "-f", file, "-C", directory]);
  await rm(file);
  return directory;
}

describe("a directory", () => {
  it("comes out of its archive as it was", async () => {
    const long = `${"deep/".repeat(30)}${"n".repeat(120)}`;
    await mkdir(join(root, "deep/".repeat(30)), { recursive: true });
    await writeFile(join(root, long), "long");
    await writeFile(join(root, "übung.txt"), "ü");
    await writeFile(join(root, "empty"), "");
    await writeFile(join(root, "large"), Buffer.alloc(3 * MIB + 7, "x"));
    await writeFile(join(root, "run.sh"), "#!/bin/sh\n");
    await chmod(join(root, "run.sh"), 0o4755);
    await symlink("run.sh", join(root, "link"));
    await symlink("../run.sh", join(root, "deep/up"));
    await link(join(root, "large"), join(root, "hard"));
    const sparse = await open(join(root, "sparse"), "w");
    await sparse.truncate(2 * MIB);
    await sparse.close();
    const found = await collected();
    const directory = await unpacked(found);
    const { stdout } = await run("diff", ["-r", "--no-dereference", root, directory]);
    expect(stdout).toBe("");
    const listed = await run("find", [directory, "-name", "run.sh", "-printf", "%m"]);
    expect(listed.stdout).toBe("755");
    expect(found.entries.map(({ path }) => path).slice(0, 4)).toEqual(["deep", "empty", "hard", "large"]);
    expect(found.files).toBe(9);
    await rm(directory, { recursive: true });
  });

  it("leaves out what is ignored, and says so", async () => {
    for (const name of [".git", "node_modules", "src"]) await mkdir(join(root, name));
    for (const name of [".git/config", "node_modules/a.js", "src/main.c", "src/main.o", ".env"]) {
      await writeFile(join(root, name), "content");
    }
    const { entries, ignored } = await collected({}, "**/*.o\n");
    expect(entries.map(({ path }) => path)).toEqual(["src", "src/main.c"]);
    expect(ignored).toEqual({ count: 4, examples: [".env", ".git/", "node_modules/", "src/main.o"] });
  });

  it("keeps what a line with ! names below a directory that is left out", async () => {
    await mkdir(join(root, "docs/inner"), { recursive: true });
    for (const name of ["docs/README.md", "docs/b.md", "docs/inner/c.md"]) await writeFile(join(root, name), "content");
    const { entries } = await collected({}, "docs\n!docs/README.md\n");
    expect(entries.map(({ path }) => path)).toEqual(["docs/README.md"]);
  });

  it("is refused with each link that leads out of it", async () => {
    await mkdir(join(root, "inner"));
    await symlink("/etc", join(root, "absolute"));
    await symlink("../../etc/passwd", join(root, "inner/up"));
    await symlink(".", join(root, "here"));
    await symlink("here/../../etc", join(root, "hidden"));
    await symlink("circle", join(root, "circle"));
    await symlink("nowhere", join(root, "dangling"));
    await expect(collected()).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        "The build context has what no image can be built from: " +
        '"absolute" is a link to "/etc", which leads out of it; ' +
        '"circle" is a link to "circle", which leads out of it; ' +
        '"hidden" is a link to "here/../../etc", which leads out of it; ' +
        '"inner/up" is a link to "../../etc/passwd", which leads out of it.',
      hint: "Remove it, make a link relative to where it is, or leave it out by a line in `.dockerignore`.",
      details: { paths: ["absolute", "circle", "hidden", "inner/up"] },
    });
    const { entries } = await collected({}, "absolute\nhidden\ncircle\n**/up\n");
    expect(entries.map(({ path }) => path)).toEqual(["dangling", "here", "inner"]);
  });

  it("is refused with pipes, sockets and names that are not UTF-8", async () => {
    await run("mkfifo", [join(root, "pipe")]);
    const server = createServer().listen(join(root, "socket"));
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), "content");
    await expect(collected()).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        "The build context has what no image can be built from: " +
        '"caf\uFFFD" has a name that is not UTF-8; "pipe" is a named pipe; "socket" is a socket.',
    });
    expect((await collected({}, "caf*\npipe\nsocket\n")).files).toBe(0);
    server.close();
  });

  it("is refused with a file that is too large, unread", async () => {
    await truncate(await made("huge.bin"), 5 * 1024 * MIB);
    await writeFile(join(root, "small"), "content");
    await expect(collected()).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message:
        "The build context has a file of 5 GiB; at most 32 MiB are allowed. Largest: huge.bin (5 GiB), small (7 B).",
      hint: "Leave out what the image does not need by lines in `.dockerignore`, or raise build.context.maxFileBytes in moorage.config.json.",
    });
    expect((await collected({}, "*.bin\n")).bytes).toBe(7);
  });

  it("is refused with too many files or bytes, and the largest parts of it", async () => {
    await mkdir(join(root, "many"));
    for (let index = 0; index < 8; index += 1) await writeFile(join(root, `many/${index}`), "x".repeat(index));
    await writeFile(join(root, "one"), "x".repeat(100));
    await expect(collected({ maxFiles: 5 })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "The build context has 10 files and directories; at most 5 are allowed. Largest: many/ (8), . (2).",
      details: { maxFiles: 5, largest: ["many/ (8)", ". (2)"] },
    });
    await expect(collected({ maxBytes: 50 })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message:
        "The build context has 128 B in 9 files; at most 50 B are allowed. " +
        "Largest: one (100 B), many/7 (7 B), many/6 (6 B), many/5 (5 B), many/4 (4 B).",
    });
  });
});

describe("what its user may not read", () => {
  const asOther = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const program = `
    import { openDirectorySource } from ${JSON.stringify(join(import.meta.dirname, "directory-source.ts"))};
    import { packTar } from ${JSON.stringify(join(import.meta.dirname, "tar/pack.ts"))};
    const source = await openDirectorySource(process.argv[1]);
    try {
      const entries = await Array.fromAsync(source.walk({ enters: () => true }));
      await Array.fromAsync(packTar({ source, entries }));
    } catch (error) {
      console.log(error.code, error.message, error.hint);
    }`;

  it.each([
    ["file", 0o000],
    ["closed", 0o000],
    ["closed", 0o444],
  ])("is told by its name: %s", async (name, mode) => {
    await mkdir(join(root, "closed"));
    for (const path of ["file", "closed/inner"]) await writeFile(join(root, path), "content");
    for (const path of [root, join(root, "closed")]) await chmod(path, 0o755);
    await chmod(join(root, name), mode);
    const args = ["--input-type=module", "-e", program, root];
    const { stdout } = await run(process.execPath, args, { ...asOther, cwd: "/" });
    const path = mode === 0o444 ? "closed/inner" : name;
    const hint = "Let the user that Moorage runs as read it, or leave it out by a line in `.dockerignore`.";
    expect(stdout).toBe(`INVALID_INPUT ${JSON.stringify(path)} cannot be read (EACCES). ${hint}\n`);
    await chmod(join(root, name), 0o755);
  });
});

describe("a directory that changes while it is packed", () => {
  it("has its files as they are when they are read", async () => {
    for (const name of ["gone", "grows", "shrinks", "stays"]) await writeFile(join(root, name), "content");
    const found = await collected();
    await rm(join(root, "gone"));
    await appendFile(join(root, "grows"), " and more");
    await writeFile(join(root, "shrinks"), "c");
    const directory = await unpacked(found);
    const { stdout } = await run("diff", ["-r", root, directory]);
    expect(stdout).toBe("");
    await rm(directory, { recursive: true });
  });

  it("is refused where a large file becomes shorter", async () => {
    await writeFile(join(root, "large"), Buffer.alloc(3 * MIB));
    const { entries } = await collected();
    const reading = (async () => {
      for await (const piece of packTar({ source, entries })) {
        if (piece.length > 0) await truncate(join(root, "large"), MIB);
      }
    })();
    await expect(reading).rejects.toMatchObject({
      code: "CONFLICT",
      message: '"large" became shorter while it was packed.',
      hint: "Try again when nothing writes to it, or leave it out by a line in `.dockerignore`.",
    });
  });

  it("is never read through a link that takes the place of a directory or a file", async () => {
    const outside = await mkdtemp(join(tmpdir(), "moorage-outside-"));
    await writeFile(join(outside, "secret"), "of others");
    await mkdir(join(root, "inner"));
    for (const name of ["inner/secret", "secret"]) await writeFile(join(root, name), "mine");
    const found = await collected();
    await rename(join(root, "inner"), join(root, "other"));
    await symlink(outside, join(root, "inner"));
    await rm(join(root, "secret"));
    await symlink(join(outside, "secret"), join(root, "secret"));
    // One that has the directories open since it looked, and one that opens them now.
    await using fresh = await openDirectorySource(root);
    for (const from of [source, fresh]) {
      const pieces = await Array.fromAsync(packTar({ source: from, entries: found.entries }));
      expect(Buffer.concat(pieces).toString("latin1")).not.toContain("of others");
    }
    await rm(outside, { recursive: true });
  });
});

async function made(name: string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, "");
  return path;
}
