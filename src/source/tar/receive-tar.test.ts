import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, type Limits } from "../collect.ts";
import { ignoreRules } from "../ignore/ignore-rules.ts";
import { archiveSource } from "./archive-source.ts";
import { inflated } from "./inflated.ts";
import { packTar } from "./pack.ts";
import { receiveTar } from "./receive-tar.ts";

const run = promisify(execFile);
const MIB = 1024 * 1024;
const LIMITS: Limits = { maxFiles: 100, maxBytes: 8 * MIB, maxFileBytes: 4 * MIB };

let directory: string;
let into: FileHandle;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-received-"));
  into = await open(join(directory, "contents"), "wx+");
});

afterEach(async () => {
  await into.close();
  await rm(directory, { recursive: true });
});

async function* inPieces(bytes: Uint8Array, length = 1000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function received(bytes: Uint8Array, limits: Partial<Limits> = {}) {
  const all = { ...LIMITS, ...limits };
  const entries = await receiveTar(inflated(inPieces(bytes), 64 * MIB), { into, limits: all });
  const source = archiveSource(entries, into);
  return { source, ...(await collect(source, { rules: ignoreRules([]), limits: all })) };
}

type Member = Partial<Header> & { readonly name: string; readonly content?: string };

async function archiveOf(...members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of members) archive.entry({ mtime: new Date(0), ...header }, content ?? "");
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("an archive of the real tar", () => {
  it.each([["--format=gnu"], ["--format=posix"], ["--format=ustar"], ["--format=v7"]])(
    "%s comes through",
    async (format) => {
      const tree = join(directory, "tree");
      const deep = format === "--format=v7" ? "a" : "deep/".repeat(16);
      await mkdir(join(tree, deep), { recursive: true });
      if (format !== "--format=v7") await writeFile(join(tree, deep, "n".repeat(90)), "long");
      await writeFile(join(tree, "large"), Buffer.alloc(3 * MIB + 5, "y"));
      await writeFile(join(tree, "empty"), "");
      await symlink("large", join(tree, "link"));
      const path = join(directory, "it.tar");
      await run("tar", ["-c", format, "-f", path, "-C", tree, "."]);
      const { source, entries } = await received(await readFile(path));
      await writeFile(path, packTar({ source, entries }));
      const out = join(directory, "out");
      await mkdir(out);
      await run("tar", ["-x", "-f", path, "-C", out]);
      expect((await run("diff", ["-r", "--no-dereference", tree, out])).stdout).toBe("");
    },
  );

  it("has its hard links as files", async () => {
    const bytes = await archiveOf(
      { name: "./one", content: "same" },
      { name: "two", type: "link", linkname: "./one" },
      { name: "./", type: "directory" },
    );
    const { entries } = await received(bytes);
    expect(entries.map((entry) => [entry.path, entry.type])).toEqual([
      ["one", "file"],
      ["two", "file"],
    ]);
  });

  it("may be deflated with gzip", async () => {
    const bytes = await archiveOf({ name: "one", content: "content" });
    expect((await received(gzipSync(bytes))).files).toBe(1);
  });
});

describe("an archive is refused", () => {
  it("with each name that leads out, comes twice, or is below a file or a link", async () => {
    const bytes = await archiveOf(
      { name: "/etc/passwd" },
      { name: "a/../../up" },
      { name: "one", content: "1" },
      { name: "./one", content: "2" },
      { name: "one/below" },
      { name: "link", type: "symlink", linkname: "elsewhere" },
      { name: "link/below" },
      { name: "sub", type: "directory" },
      { name: "sub/", type: "directory" },
    );
    await expect(received(bytes)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        'The build context has names that no archive of a directory has: "/etc/passwd" is absolute; "a/../../up" leads upwards; ' +
        '"one" is there twice; "one/below" is below "one", which is no directory; "link/below" is below "link", which is no directory.',
      hint: "Pack it anew from inside its directory: `tar -c .`",
    });
  });

  it("with devices, pipes, links that lead out or nowhere, and names that are not UTF-8", async () => {
    const bytes = await archiveOf(
      { name: "block", type: "block-device" },
      { name: "char", type: "character-device" },
      { name: "fifo", type: "fifo" },
      { name: "link", type: "symlink", linkname: "/etc/passwd" },
      { name: "hard", type: "link", linkname: "../shadow" },
      { name: "caf_", content: "x" },
    );
    const at = bytes.indexOf("caf_");
    bytes[at + 3] = 0xe9;
    const checksum = bytes
      .subarray(at, at + 512)
      .reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
    bytes.write(`${checksum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
    await expect(received(bytes)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        'The build context has what no image can be built from: "block" is a device; "char" is a device; "fifo" is a named pipe; ' +
        '"hard" is a hard link to "../shadow", which is no file before it; "caf\uFFFD" has a name that is not UTF-8; ' +
        '"link" is a link to "/etc/passwd", which leads out of it.',
    });
  });

  it("where it is empty, something else, cut off or damaged", async () => {
    const whole = await archiveOf({ name: "one", content: "x".repeat(2000) }, { name: "two", content: "content" });
    const damaged = Buffer.from(whole);
    damaged[2048 + 512 + 3] = 0xff;
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [new Uint8Array(), "The build context is empty: expected a tar archive, got no bytes."],
      [Buffer.from("<html>".repeat(200)), "The build context is no tar archive."],
      [whole.subarray(0, 1000), "The build context is a tar archive that was cut off before its end."],
      [whole.subarray(0, -1024), "The build context is a tar archive that was cut off before its end."],
      [damaged, "The build context is a damaged tar archive: a header in it cannot be read."],
      [zstdCompressSync(whole), "The build context is compressed with zstd."],
      [gzipSync(whole).subarray(0, 60), "The build context is no valid gzip."],
    ];
    for (const [bytes, message] of cases) {
      await expect(received(bytes)).rejects.toMatchObject({ code: "INVALID_INPUT", message });
    }
  });

  it("before more is written than is allowed, also where a header only says so", async () => {
    const large = await archiveOf({ name: "small", content: "x" }, { name: "large", content: "y".repeat(5 * MIB) });
    await expect(received(large)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: 'The build context is too large: "large" has 5 MiB or more; at most 4 MiB are allowed.',
      hint: "Pack only what the image needs, or raise build.context.maxFileBytes in moorage.config.json.",
    });
    const half = "z".repeat(3 * MIB);
    const many = await archiveOf(...["a", "b", "c"].map((name) => ({ name, content: half })));
    await expect(received(many)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "The build context is too large: what is in it has 9 MiB or more; at most 8 MiB are allowed.",
    });
    expect((await into.stat()).size).toBeLessThan(8 * MIB);
    const entries = await archiveOf(...Array.from({ length: 900 }, (_, index) => ({ name: `f${index}` })));
    await expect(received(entries)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "The build context has more than 400 entries; at most 100 are allowed.",
    });
  });

  it("where few bytes become very many", async () => {
    const bomb = gzipSync(Buffer.concat([await archiveOf({ name: "one" }), Buffer.alloc(65 * MIB)]));
    expect(bomb.length).toBeLessThan(MIB);
    await expect(received(bomb)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `The build context inflates to more than ${64 * MIB} bytes.`,
    });
  });
});
