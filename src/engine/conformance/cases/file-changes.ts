import { describe, expect, test } from "vitest";
import { canceled } from "../../../base/deadline.ts";
import { collect } from "../collect.ts";
import { soon, useSandbox, type Fixture } from "../fixture.ts";
import { makeOutside } from "../outside.ts";

const MIB = 1024 * 1024;

/** The file methods that need no archive. */
export function describeFileChanges(fixture: () => Fixture): void {
  describe("files one by one", () => {
    describeContent(fixture);
    describeTrees(fixture);
    describeRefusals(fixture);
  });
}

async function* of(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function readPart({ engine }: Fixture, id: string, wish: { path: string; offset?: number; length?: number }) {
  await using file = await soon(engine.files.open(id, wish.path), "open");
  const pieces = await Array.fromAsync(file.read(wish.offset ?? 0, wish.length ?? file.sizeBytes));
  return { text: Buffer.concat(pieces).toString(), sizeBytes: file.sizeBytes, version: file.version };
}

function describeContent(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture, { user: { uid: 1000, gid: 1000 } });

  test("a file is written with its directories, belongs to the unit's user, and is read in parts", async () => {
    const { engine, exec, harness } = fixture();
    const { id } = sandbox();
    const path = "/workspace/deep er/b/text";
    const written = await soon(engine.files.write(id, { path, content: of("0123", "456789"), mode: 0o640 }), "write");
    expect(written).toEqual({ sizeBytes: 10 });
    expect(await soon(engine.files.stat(id, path), "stat")).toMatchObject({ type: "file", sizeBytes: 10, mode: 0o640 });
    for (const owned of [path, "/workspace/deep er"]) {
      expect((await collect(await exec(sandbox(), harness.programs.owner(owned)))).out).toBe("1000:1000\n");
    }
    expect(await readPart(fixture(), id, { path })).toMatchObject({ text: "0123456789", sizeBytes: 10 });
    expect(await readPart(fixture(), id, { path, offset: 3, length: 4 })).toMatchObject({ text: "3456" });
    expect(await readPart(fixture(), id, { path, offset: 8, length: 100 })).toMatchObject({ text: "89" });
    expect(await readPart(fixture(), id, { path, offset: 10, length: 1 })).toMatchObject({ text: "" });
  });

  test("a file of some megabytes comes back as it was", async () => {
    const { engine } = fixture();
    const pieces = Array.from({ length: 48 }, (_, index) => Buffer.alloc(MIB / 4 + 1, index));
    const content = async function* () {
      for (const piece of pieces) yield await Promise.resolve(piece);
    };
    await soon(engine.files.write(sandbox().id, { path: "/workspace/large", content: content() }), "write");
    await using file = await soon(engine.files.open(sandbox().id, "/workspace/large"), "open");
    const back = Buffer.concat(await soon(Array.fromAsync(file.read(0, file.sizeBytes)), "read"));
    expect(back.equals(Buffer.concat(pieces))).toBe(true);
  });

  test("a source that fails leaves what was there, and nothing beside it", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    const path = "/workspace/kept/file";
    await soon(engine.files.write(id, { path, content: of("before") }), "write");
    const failing = async function* () {
      yield* of("half");
      throw canceled("the client is gone");
    };
    await expect(soon(engine.files.write(id, { path, content: failing() }), "write")).rejects.toMatchObject({
      code: "CANCELED",
    });
    expect(await readPart(fixture(), id, { path })).toMatchObject({ text: "before" });
    const left = await soon(engine.files.list(id, "/workspace/kept"), "list");
    expect(left.map(({ name }) => name)).toEqual(["file"]);
  });

  test("what replaces a version keeps the mode, goes through links, and is refused once the file is another", async () => {
    const { engine, exec, harness } = fixture();
    const { id } = sandbox();
    const path = "/workspace/edited";
    await soon(engine.files.write(id, { path, content: of("one"), mode: 0o755 }), "write");
    await collect(await exec(sandbox(), harness.programs.link("edited", "/workspace/way to it")));
    const { version } = await readPart(fixture(), id, { path });
    const wish = { path: "/workspace/way to it", content: of("two words"), replaces: version };
    await soon(engine.files.write(id, wish), "write");
    expect(await readPart(fixture(), id, { path })).toMatchObject({ text: "two words" });
    expect(await soon(engine.files.stat(id, path), "stat")).toMatchObject({ mode: 0o755, type: "file" });
    const late = soon(engine.files.write(id, { path, content: of("three"), replaces: version }), "write");
    await expect(late).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await readPart(fixture(), id, { path })).toMatchObject({ text: "two words" });
  });

  test("a file takes the place of a link, and nothing is written through it", async () => {
    const { engine, exec, harness } = fixture();
    await using outside = await makeOutside(fixture(), sandbox());
    await collect(await exec(sandbox(), harness.programs.link(outside.path, "/workspace/was a link")));
    const path = "/workspace/was a link";
    await soon(engine.files.write(sandbox().id, { path, content: of("in") }), "write");
    await outside.expectUntouched();
    expect(await soon(engine.files.stat(sandbox().id, path), "stat")).toMatchObject({ type: "file" });
  });
}

function describeTrees(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("a tree is walked through, each directory before what is in it", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    for (const name of ["b/x", "b-/y", "b/deep/z", "a"]) {
      await soon(engine.files.write(id, { path: `/workspace/walk/${name}`, content: of(name) }), "write");
    }
    const walk = async (maxDepth?: number) => {
      const wish = { path: "/workspace/walk", ...(maxDepth === undefined ? {} : { maxDepth }) };
      return (await soon(Array.fromAsync(engine.files.walk(id, wish)), "walk")).map(
        ({ path, type }) => `${type} ${path}`,
      );
    };
    const all = ["file a", "directory b", "directory b/deep", "file b/deep/z", "file b/x", "directory b-", "file b-/y"];
    expect(await walk()).toEqual(all);
    expect(await walk(1)).toEqual(["file a", "directory b", "directory b-"]);
    const [first] = await Array.fromAsync(engine.files.walk(id, { path: "/workspace/walk" }));
    expect(first).toMatchObject({ path: "a", name: "a", sizeBytes: 1, mode: 0o644 });
    expect(Math.abs((first?.changedAt ?? 0) - Date.now())).toBeLessThan(3_600_000);
  });

  test("directories are made, entries renamed, and their modes set", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    const { files } = engine;
    await soon(files.makeDirectory(id, { path: "/workspace/made/in it", mode: 0o750 }), "makeDirectory");
    expect(await soon(files.stat(id, "/workspace/made/in it"), "stat")).toMatchObject({
      type: "directory",
      mode: 0o750,
    });
    await soon(files.write(id, { path: "/workspace/made/old", content: of("text") }), "write");
    const move = { from: "/workspace/made/old", to: "/workspace/made/in it/new", overwrite: false };
    await soon(files.move(id, move), "move");
    expect(await readPart(fixture(), id, { path: "/workspace/made/in it/new" })).toMatchObject({ text: "text" });
    await expect(soon(files.stat(id, "/workspace/made/old"), "stat")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await soon(files.move(id, { from: "/workspace/made/in it", to: "/workspace/moved", overwrite: false }), "move");
    await soon(files.chmod(id, { path: "/workspace/moved/new", mode: 0o600 }), "chmod");
    expect(await soon(files.list(id, "/workspace/moved"), "list")).toMatchObject([{ name: "new", mode: 0o600 }]);
  });

  test("what is there is kept unless a file may be overwritten", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    const { files } = engine;
    for (const name of ["from", "to", "dir/file"]) {
      await soon(files.write(id, { path: `/workspace/two/${name}`, content: of(name) }), "write");
    }
    const [from, to, dir] = ["/workspace/two/from", "/workspace/two/to", "/workspace/two/dir"];
    const refused = { code: "CONFLICT" };
    await expect(soon(files.move(id, { from, to, overwrite: false }), "move")).rejects.toMatchObject(refused);
    await expect(soon(files.move(id, { from, to: dir, overwrite: true }), "move")).rejects.toMatchObject(refused);
    await expect(soon(files.move(id, { from: dir, to, overwrite: true }), "move")).rejects.toMatchObject(refused);
    await expect(soon(files.makeDirectory(id, { path: dir, mode: 0o755 }), "mkdir")).rejects.toMatchObject(refused);
    await soon(files.move(id, { from, to, overwrite: true }), "move");
    expect(await readPart(fixture(), id, { path: to })).toMatchObject({ text: "from" });
  });
}

function describeRefusals(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);
  const make = async (path: string): Promise<void> => {
    await soon(fixture().engine.files.write(sandbox().id, { path, content: of("text") }), "write");
  };

  test("ways out of the workspace are PATH_NOT_ALLOWED for every method", async () => {
    const { engine, exec, harness } = fixture();
    const { files } = engine;
    const { id } = sandbox();
    await using outside = await makeOutside(fixture(), sandbox());
    await collect(await exec(sandbox(), harness.programs.link("/tmp", "/workspace/out")));
    await collect(await exec(sandbox(), harness.programs.link(outside.path, "/workspace/out to a file")));
    await make("/workspace/inside");
    const beyond = `/workspace/out/${outside.name}`;
    const attempts = [
      files.open(id, beyond),
      files.open(id, "/workspace/out to a file"),
      files.write(id, { path: beyond, content: of("planted") }),
      files.makeDirectory(id, { path: `${beyond}.d`, mode: 0o755 }),
      files.move(id, { from: beyond, to: "/workspace/stolen", overwrite: false }),
      files.move(id, { from: "/workspace/inside", to: beyond, overwrite: true }),
      files.chmod(id, { path: beyond, mode: 0o777 }),
      files.chmod(id, { path: "/workspace/out to a file", mode: 0o777 }),
      Array.fromAsync(files.walk(id, { path: "/workspace/out" })),
      files.open(id, "/etc/passwd"),
      files.write(id, { path: "/etc/planted", content: of("planted") }),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt).toMatchObject({ status: "rejected", reason: { code: "PATH_NOT_ALLOWED" } });
    }
    await outside.expectUntouched();
  });

  test("what is missing, or of another kind, is told", async () => {
    const { files } = fixture().engine;
    const { id } = sandbox();
    await make("/workspace/kinds/file");
    const missing = { code: "FILE_NOT_FOUND" };
    const other = { code: "INVALID_INPUT" };
    const none = "/workspace/kinds/none";
    await expect(soon(files.open(id, none), "open")).rejects.toMatchObject(missing);
    await expect(soon(files.chmod(id, { path: none, mode: 0o600 }), "chmod")).rejects.toMatchObject(missing);
    const move = { from: none, to: "/workspace/kinds/x", overwrite: false };
    await expect(soon(files.move(id, move), "move")).rejects.toMatchObject(missing);
    const nowhere = { from: "/workspace/kinds/file", to: `${none}/x`, overwrite: false };
    await expect(soon(files.move(id, nowhere), "move")).rejects.toMatchObject(missing);
    await expect(soon(files.open(id, "/workspace/kinds"), "open")).rejects.toMatchObject(other);
    const write = files.write(id, { path: "/workspace/kinds", content: of("x") });
    await expect(soon(write, "write")).rejects.toMatchObject(other);
    const below = files.write(id, { path: "/workspace/kinds/file/x", content: of("x") });
    await expect(soon(below, "write")).rejects.toMatchObject(other);
    const walk = Array.fromAsync(files.walk(id, { path: "/workspace/kinds/file" }));
    await expect(soon(walk, "walk")).rejects.toMatchObject(other);
    const inside = { from: "/workspace/kinds", to: "/workspace/kinds/file2/x", overwrite: false };
    await soon(files.makeDirectory(id, { path: "/workspace/kinds/file2", mode: 0o755 }), "makeDirectory");
    await expect(soon(files.move(id, inside), "move")).rejects.toMatchObject(other);
  });

  test("files of a unit that is gone are NOT_FOUND", async () => {
    const { engine } = fixture();
    const gone = await fixture().sandbox();
    await gone[Symbol.asyncDispose]();
    await expect(soon(engine.files.open(gone.id, "/workspace/x"), "open")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
}
