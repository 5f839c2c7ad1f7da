import { describe, expect, test } from "vitest";
import { codeOf, collect, failure } from "../collect.ts";
import { readText } from "../file-text.ts";
import { soon, useSandbox, type Fixture, type Unit } from "../fixture.ts";
import { readTar, tarOf } from "../tar.ts";

const NAMES = [
  "plain.txt",
  "two words",
  "it's",
  `double "quotes"`,
  "line\nbreak",
  "-rf",
  "--help",
  "$(echo no)",
  "`echo no`",
  "*",
  "back\\slash",
  "żółć 漢字 🚢",
  "a;b|c&d",
  " edges ",
  ".hidden",
  "...",
  "l".repeat(200),
];

export function describeFiles(fixture: () => Fixture): void {
  describe("files of a unit", () => {
    describe("up and down", () => {
      describeTransfer(fixture);
    });
    describe("what is there", () => {
      describeLooking(fixture);
    });
    describeOwners(fixture);
    describe("removal", () => {
      describeRemoval(fixture);
    });
  });
}

function describeTransfer(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("names of every kind go up, are listed, read by programs, and come back", async () => {
    const { engine, exec, harness } = fixture();
    const entries = NAMES.map((name) => ({ name, content: `in ${name}` }));
    await soon(engine.files.upload(sandbox().id, { path: "/workspace/names", tar: tarOf(...entries) }), "upload");
    const listed = await soon(engine.files.list(sandbox().id, "/workspace/names"), "list");
    expect(listed.map((entry) => entry.name).toSorted()).toEqual(NAMES.toSorted());
    const back = await readTar(engine.files.download(sandbox().id, "/workspace/names"));
    const files = back.filter((entry) => entry.type === "file");
    expect(new Map(files.map((entry) => [entry.name, entry.content.toString()]))).toEqual(
      new Map(NAMES.map((name) => [`names/${name}`, `in ${name}`])),
    );
    for (const name of NAMES) {
      const path = `/workspace/names/${name}`;
      expect((await collect(await exec(sandbox(), harness.programs.readFile(path)))).out).toBe(`in ${name}`);
      const refused = harness.supports.refusedDownloads?.test(path) === true;
      const read = await readText(fixture(), sandbox(), path).catch(codeOf);
      expect(read).toBe(refused ? "ENGINE_UNSUPPORTED" : `in ${name}`);
      if (refused) continue;
      const { type, sizeBytes } = await soon(engine.files.stat(sandbox().id, path), "stat");
      expect({ type, sizeBytes }).toEqual({ type: "file", sizeBytes: Buffer.byteLength(`in ${name}`) });
    }
  });

  test("what a program writes is downloaded, and what is uploaded replaces it", async () => {
    const { engine, exec, harness } = fixture();
    const path = "/workspace/turns";
    await collect(await exec(sandbox(), harness.programs.writeFile(path, "by the program, at length")));
    expect(await readText(fixture(), sandbox(), path)).toBe("by the program, at length");
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace", tar: tarOf({ name: "turns", content: "by us" }) }),
      "upload",
    );
    expect((await collect(await exec(sandbox(), harness.programs.readFile(path)))).out).toBe("by us");
  });

  test("a tree keeps its directories, contents and modes", async () => {
    const { engine } = fixture();
    const tree = tarOf(
      { name: "tree", type: "directory", mode: 0o755 },
      { name: "tree/empty", type: "directory", mode: 0o755 },
      { name: "tree/deep/er/file", content: "deep", mode: 0o640 },
      { name: "tree/run.sh", content: "#!/bin/sh\n", mode: 0o755 },
      { name: "tree/nothing", content: "" },
    );
    await soon(engine.files.upload(sandbox().id, { path: "/workspace", tar: tree }), "upload");
    const back = await readTar(engine.files.download(sandbox().id, "/workspace/tree"));
    const seen = new Map(back.map((entry) => [entry.name.replace(/\/$/, ""), entry]));
    expect([...seen.keys()].toSorted()).toEqual(
      [
        "tree",
        "tree/deep",
        "tree/deep/er",
        "tree/deep/er/file",
        "tree/empty",
        "tree/nothing",
        "tree/run.sh",
      ].toSorted(),
    );
    expect(seen.get("tree/empty")?.type).toBe("directory");
    expect(seen.get("tree/nothing")?.content.length).toBe(0);
    expect((seen.get("tree/run.sh")?.mode ?? 0) & 0o777).toBe(0o755);
    expect((seen.get("tree/deep/er/file")?.mode ?? 0) & 0o777).toBe(0o640);
  });

  test("an upload makes the directories that it needs", async () => {
    const { engine, exec, harness } = fixture();
    const path = "/workspace/new/and deeper";
    await soon(
      engine.files.upload(sandbox().id, { path, tar: tarOf({ name: "sub/file", content: "made" }) }),
      "upload",
    );
    expect((await collect(await exec(sandbox(), harness.programs.readFile(`${path}/sub/file`)))).out).toBe("made");
    await soon(engine.files.upload(sandbox().id, { path: "/workspace/made/empty", tar: tarOf() }), "upload nothing");
    expect(await soon(engine.files.list(sandbox().id, "/workspace/made/empty"), "list")).toEqual([]);
  });

  test("5 MB of every byte come back exactly", async () => {
    const { engine } = fixture();
    const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff));
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace", tar: tarOf({ name: "large", content }) }),
      "upload",
    );
    const [entry] = await readTar(engine.files.download(sandbox().id, "/workspace/large"));
    expect(entry?.content.equals(content), `${entry?.content.length} bytes`).toBe(true);
    expect((await soon(engine.files.stat(sandbox().id, "/workspace/large"), "stat")).sizeBytes).toBe(5_000_000);
  });

  test("a download that is given up leaves the sandbox usable", async () => {
    const { engine, exec, harness } = fixture();
    const content = Buffer.alloc(3_000_000, 1);
    await soon(
      engine.files.upload(sandbox().id, { path: "/workspace", tar: tarOf({ name: "dropped", content }) }),
      "upload",
    );
    for await (const chunk of engine.files.download(sandbox().id, "/workspace/dropped")) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect((await collect(await exec(sandbox(), harness.programs.print("usable", "")))).out).toBe("usable");
  });
}

function describeLooking(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("a new workspace is an empty directory", async () => {
    const { engine } = fixture();
    expect(await soon(engine.files.list(sandbox().id, "/workspace"), "list")).toEqual([]);
    expect(await soon(engine.files.stat(sandbox().id, "/workspace"), "stat")).toMatchObject({
      name: "workspace",
      type: "directory",
    });
  });

  test("type, size, mode and time are told as they are", async () => {
    const { engine } = fixture();
    const tree = tarOf(
      { name: "seen/file", content: "12345", mode: 0o600, mtime: new Date("2024-05-06T07:08:09Z") },
      { name: "seen/directory", type: "directory", mode: 0o755 },
      { name: "seen/link", type: "symlink", linkname: "file" },
    );
    await soon(engine.files.upload(sandbox().id, { path: "/workspace", tar: tree }), "upload");
    const listed = await soon(engine.files.list(sandbox().id, "/workspace/seen"), "list");
    const types = listed.map(({ name, type }) => `${name} ${type}`).toSorted();
    expect(types).toEqual(["directory directory", "file file", "link symlink"]);
    const file = listed.find((entry) => entry.name === "file");
    expect(file).toMatchObject({ sizeBytes: 5, mode: 0o600, modifiedAt: Date.parse("2024-05-06T07:08:09Z") });
    expect(await soon(engine.files.stat(sandbox().id, "/workspace/seen/file"), "stat")).toEqual(file);
  });

  test("a missing path is FILE_NOT_FOUND", async () => {
    const { engine } = fixture();
    for (const path of ["/workspace/nowhere", "/workspace/no/where"]) {
      const { id } = sandbox();
      const calls = {
        list: () => engine.files.list(id, path),
        stat: () => engine.files.stat(id, path),
        download: () => readTar(engine.files.download(id, path)),
        remove: () => engine.files.remove(id, path),
      };
      for (const [call, work] of Object.entries(calls)) {
        const { code } = await failure(soon<unknown>(work(), call));
        expect({ call, path, code }).toEqual({ call, path, code: "FILE_NOT_FOUND" });
      }
    }
  });
}

function describeOwners(fixture: () => Fixture): void {
  const user = { uid: 1000, gid: 1000 };

  test("uploaded files belong to the unit's user, who can change them", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox({ user });
    const tree = tarOf({ name: "dir/file", content: "ours", uid: 77, gid: 78, uname: "root", gname: "root" });
    await soon(engine.files.upload(unit.id, { path: "/workspace/up", tar: tree }), "upload");
    for (const path of ["up", "up/dir", "up/dir/file"]) {
      const owner = await collect(await exec(unit, harness.programs.owner(`/workspace/${path}`)));
      expect({ path, owner: owner.out }).toEqual({ path, owner: "1000:1000\n" });
    }
    await writes(fixture(), unit, "/workspace/up/dir/file");
    await writes(fixture(), unit, "/workspace/up/dir/another");
    await writes(fixture(), unit, "/workspace/at the top");
    expect((await collect(await exec(unit, harness.programs.uid()))).out).toBe("1000\n");
  });
}

async function writes({ exec, harness }: Fixture, unit: Unit, path: string): Promise<void> {
  const { exit, err } = await collect(await exec(unit, harness.programs.writeFile(path, "changed")));
  expect({ path, exitCode: exit.exitCode, err }).toEqual({ path, exitCode: 0, err: "" });
}

function describeRemoval(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("a file and a tree are removed, and nothing beside them", async () => {
    const { engine } = fixture();
    const { id } = sandbox();
    const tree = tarOf(
      { name: "a/b/c", content: "c" },
      { name: "a/-d", content: "d" },
      { name: "beside", content: "e" },
    );
    await soon(engine.files.upload(id, { path: "/workspace", tar: tree }), "upload");
    await soon(engine.files.remove(id, "/workspace/a/-d"), "remove a file");
    expect((await soon(engine.files.list(id, "/workspace/a"), "list")).map((entry) => entry.name)).toEqual(["b"]);
    await soon(engine.files.remove(id, "/workspace/a"), "remove a tree");
    expect((await soon(engine.files.list(id, "/workspace"), "list")).map((entry) => entry.name)).toEqual(["beside"]);
  });

  test("removing a link removes the link alone", async () => {
    const { engine, exec, harness } = fixture();
    const { id } = sandbox();
    await soon(
      engine.files.upload(id, { path: "/workspace/target", tar: tarOf({ name: "file", content: "kept" }) }),
      "upload",
    );
    await collect(await exec(sandbox(), harness.programs.link("target", "/workspace/link")));
    await soon(engine.files.remove(id, "/workspace/link"), "remove");
    expect(await readText(fixture(), sandbox(), "/workspace/target/file")).toBe("kept");
  });
}
