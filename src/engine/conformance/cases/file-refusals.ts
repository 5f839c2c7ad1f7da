import { describe, expect, test } from "vitest";
import { collect, failure, inPieces } from "../collect.ts";
import { readText } from "../file-text.ts";
import { soon, useSandbox, type Fixture } from "../fixture.ts";
import { makeOutside } from "../outside.ts";
import { readTar, tarOf, type TarWish } from "../tar.ts";

const NOT_ALLOWED = { code: "PATH_NOT_ALLOWED" };

export function describeFileRefusals(fixture: () => Fixture): void {
  describe("files that are refused", () => {
    describe("archives", () => {
      describeEntries(fixture);
    });
    describe("links", () => {
      describeLinks(fixture);
    });
  });
}

function describeEntries(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test.each<[string, readonly TarWish[]]>([
    ["a name that begins with ..", [{ name: "../escape", content: "x" }]],
    ["a name with .. inside", [{ name: "a/../../escape", content: "x" }]],
    ["a directory named ..", [{ name: "..", type: "directory" }]],
    ["an absolute name", [{ name: "/tmp/escape", content: "x" }]],
    ["a link to an absolute path outside", [{ name: "out", type: "symlink", linkname: "/tmp/escape" }]],
    ["a link that climbs out", [{ name: "sub/out", type: "symlink", linkname: "../../../tmp/escape" }]],
    [
      "a file through a link of the same archive",
      [
        { name: "out", type: "symlink", linkname: "/tmp" },
        { name: "out/escape", content: "x" },
      ],
    ],
    ["a hard link to a file outside", [{ name: "hard", type: "link", linkname: "/etc/passwd" }]],
    ["a hard link that climbs out", [{ name: "hard", type: "link", linkname: "../../etc/passwd" }]],
    ["a character device", [{ name: "device", type: "character-device", devmajor: 1, devminor: 3 }]],
    ["a block device", [{ name: "device", type: "block-device", devmajor: 8, devminor: 0 }]],
    ["a named pipe", [{ name: "pipe", type: "fifo" }]],
  ])("an archive with %s is PATH_NOT_ALLOWED", async (_, entries) => {
    const { engine, exec, harness } = fixture();
    const upload = engine.files.upload(sandbox().id, { path: "/workspace/dir", tar: tarOf(...entries) });
    await expect(soon(upload, "upload")).rejects.toMatchObject(NOT_ALLOWED);
    for (const path of ["/tmp/escape", "/workspace/escape", "/escape"]) {
      expect((await collect(await exec(sandbox(), harness.programs.readFile(path)))).exit.exitCode).not.toBe(0);
    }
  });

  test("an archive whose source breaks off fails, and leaves the directory as it was", async () => {
    const { engine } = fixture();
    const broken = async function* () {
      for await (const piece of tarOf({ name: "first", content: "x".repeat(100_000) })) {
        yield piece.subarray(0, 1000);
        throw new Error("The client is gone.");
      }
    };
    const path = "/workspace/broken";
    await failure(soon(engine.files.upload(sandbox().id, { path, tar: broken() }), "upload"));
    const aborted = engine.files.upload(sandbox().id, { path, tar: broken() }, AbortSignal.abort());
    expect(await failure(soon(aborted, "upload"))).toMatchObject({ code: "CANCELED" });
    expect(await readText(fixture(), sandbox(), `${path}/first`)).toBeUndefined();
  });

  test("an archive that is none is INVALID_INPUT", async () => {
    const { engine } = fixture();
    const upload = engine.files.upload(sandbox().id, {
      path: "/workspace/dir",
      tar: inPieces(Buffer.alloc(4096, 0x41)),
    });
    await expect(soon(upload, "upload")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("after a refusal the sandbox takes files as before", async () => {
    const { engine } = fixture();
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace", tar: tarOf({ name: "good", content: "fine" }) }),
      "upload",
    );
    expect(await readText(fixture(), sandbox(), "/workspace/good")).toBe("fine");
  });
}

function describeLinks(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);
  const link = async (target: string, path: string): Promise<void> => {
    const { exec, harness } = fixture();
    const { exit, err } = await collect(await exec(sandbox(), harness.programs.link(target, path)));
    expect({ exitCode: exit.exitCode, err }).toEqual({ exitCode: 0, err: "" });
  };

  test("links that stay inside are followed, relative and absolute", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    await soon(
      engine.files.upload(id, { path: "/workspace/real", tar: tarOf({ name: "file", content: "inside" }) }),
      "upload",
    );
    await link("real", "/workspace/relative");
    await link("/workspace/real", "/workspace/absolute");
    for (const way of ["relative", "absolute"]) {
      expect(await readText(fixture(), sandbox(), `/workspace/${way}/file`)).toBe("inside");
      const listed = await soon(engine.files.list(id, `/workspace/${way}`), "list");
      expect(listed.map((entry) => entry.name)).toEqual(["file"]);
      expect(await soon(engine.files.stat(id, `/workspace/${way}`), "stat")).toMatchObject({
        name: way,
        type: "symlink",
      });
    }
  });

  test.each([
    ["absolute", ["/tmp"]],
    ["relative", ["../tmp"]],
    ["by two links", ["/tmp", "hop 0 of by two links"]],
  ])("a way out by a link is PATH_NOT_ALLOWED: %s", async (title, targets) => {
    const { engine } = fixture();
    const { id } = sandbox();
    await using outside = await makeOutside(fixture(), sandbox());
    for (const [index, target] of targets.entries()) await link(target, `/workspace/hop ${index} of ${title}`);
    const way = `/workspace/hop ${targets.length - 1} of ${title}`;
    const beyond = `${way}/${outside.name}`;
    await expect(soon(engine.files.stat(id, beyond), "stat")).rejects.toMatchObject(NOT_ALLOWED);
    await expect(readTar(engine.files.download(id, beyond))).rejects.toMatchObject(NOT_ALLOWED);
    await expect(soon(engine.files.remove(id, beyond), "remove")).rejects.toMatchObject(NOT_ALLOWED);
    await expect(soon(engine.files.list(id, way), "list")).rejects.toMatchObject(NOT_ALLOWED);
    const direct = engine.files.upload(id, { path: way, tar: tarOf({ name: outside.name, content: "planted" }) });
    await expect(soon(direct, "upload")).rejects.toMatchObject(NOT_ALLOWED);
    const name = `${way.slice("/workspace/".length)}/${outside.name}`;
    const named = engine.files.upload(id, { path: "/workspace", tar: tarOf({ name, content: "planted" }) });
    await expect(soon(named, "upload")).rejects.toMatchObject(NOT_ALLOWED);
    await outside.expectUntouched();
  });

  test("a link to a file outside is not read", async () => {
    const { engine } = fixture();
    await using outside = await makeOutside(fixture(), sandbox());
    await link(outside.path, "/workspace/to a file");
    const download = readTar(engine.files.download(sandbox().id, "/workspace/to a file"));
    await expect(download).rejects.toMatchObject(NOT_ALLOWED);
  });

  test("an upload replaces a link that stands in its place, and writes nothing through it", async () => {
    const { engine } = fixture();
    await using outside = await makeOutside(fixture(), sandbox());
    await link(outside.path, "/workspace/in place");
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace", tar: tarOf({ name: "in place", content: "new" }) }),
      "upload",
    );
    await outside.expectUntouched();
    expect(await readText(fixture(), sandbox(), "/workspace/in place")).toBe("new");
  });

  test("a tree with a link that leads out is downloaded with the link, not with what it leads to", async () => {
    const { engine } = fixture();
    await using outside = await makeOutside(fixture(), sandbox());
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace/with", tar: tarOf({ name: "file", content: "in" }) }),
      "upload",
    );
    await link(outside.path, "/workspace/with/leak");
    const entries = await readTar(engine.files.download(sandbox().id, "/workspace/with"));
    const leak = entries.find((entry) => entry.name === "with/leak");
    expect(leak).toMatchObject({ type: "symlink", linkname: outside.path });
    expect(entries.map((entry) => entry.content.toString()).join("")).toBe("in");
  });

  test("links in a circle are an error, not a hang", async () => {
    const { engine } = fixture();
    await link("circle b", "/workspace/circle a");
    await link("circle a", "/workspace/circle b");
    const { code } = await failure(soon(engine.files.list(sandbox().id, "/workspace/circle a"), "list"));
    expect(["PATH_NOT_ALLOWED", "FILE_NOT_FOUND"]).toContain(code);
  });
}
