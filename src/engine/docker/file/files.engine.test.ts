import { extract, pack } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failureOf, openDockerFixture, type DockerFixture } from "../docker-fixture.ts";
import { bytesOf } from "../../../base/tar-streams.ts";

let fixture: DockerFixture;
/** As an engine of another machine: files go through it, with the rights of the sandbox's own user. */
let remote: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
  remote = openDockerFixture({ hostTrees: false });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await remote[Symbol.asyncDispose]();
});

function tar(files: Readonly<Record<string, string>>): AsyncIterable<Uint8Array> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return bytesOf(archive);
}

async function names(source: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const bytes: Uint8Array[] = [];
  for await (const chunk of source) bytes.push(chunk);
  const archive = extract();
  archive.write(Buffer.concat(bytes));
  archive.end(undefined);
  const found: string[] = [];
  for await (const entry of archive) {
    found.push(entry.header.name);
    entry.resume();
  }
  return found;
}

for (const image of ["busybox:latest", "python:3.11-slim"]) {
  test(`a directory of 1,500 entries of every kind, also with names that are not UTF-8, in ${image}`, async () => {
    const id = await fixture.sandbox({ image });
    const script = `
      mkdir big; cd big; i=0
      while [ $i -lt 1500 ]; do : >"file $i"; i=$((i+1)); done
      mkfifo pipe; ln -s nowhere broken; mkdir .hidden; : >"$(printf 'caf\\351')"; chmod 000 "file 0"`;
    expect((await fixture.shell(id, script)).err).toBe("");
    const entries = await fixture.engine.files.list(id, "/workspace/big");
    expect(entries).toHaveLength(1504);
    const found = new Map(entries.map((entry) => [entry.name, entry]));
    expect(found.get("pipe")?.type).toBe("other");
    expect(found.get("broken")?.type).toBe("symlink");
    expect(found.get(".hidden")?.type).toBe("directory");
    expect(found.get("caf\uFFFD")?.type).toBe("file");
    expect(found.get("file 0")?.mode).toBe(0);
  });

  test(`a directory that its user cannot read is PATH_NOT_ALLOWED, in ${image}`, async () => {
    const id = await remote.sandbox({ image, user: { uid: 1000, gid: 1000 } });
    await remote.shell(id, "mkdir secret; chmod 000 secret");
    expect((await failureOf(remote.engine.files.list(id, "/workspace/secret"))).code).toBe("PATH_NOT_ALLOWED");
  });
}

test("users beyond the plain numbers of tar own what is uploaded for them", async () => {
  const id = await fixture.sandbox({ user: { uid: 1_200_300, gid: 400_500 } });
  await fixture.engine.files.upload(id, { path: "/workspace/a/b", tar: tar({ "c/d": "x" }) });
  const { out } = await fixture.shell(id, "stat -c %u:%g . a a/b a/b/c a/b/c/d");
  expect(out).toBe("1200300:400500\n".repeat(5));
});

test("a file never replaces a directory, nor a directory a file", async () => {
  const id = await fixture.sandbox();
  await fixture.engine.files.upload(id, { path: "/workspace", tar: tar({ "thing/inside": "kept" }) });
  const { code } = await failureOf(fixture.engine.files.upload(id, { path: "/workspace", tar: tar({ thing: "x" }) }));
  expect(code).toBe("CONFLICT");
  expect((await fixture.shell(id, "cat thing/inside")).out).toBe("kept");
  const below = fixture.engine.files.upload(id, { path: "/workspace", tar: tar({ "thing/inside/x": "x" }) });
  expect((await failureOf(below)).code).toBe("INVALID_INPUT");
});

test("a directory takes the place of a link", async () => {
  const id = await fixture.sandbox();
  await fixture.shell(id, "mkdir real; ln -s real thing; ln -s /tmp out");
  const archive = pack();
  for (const name of ["thing", "out"]) {
    archive.entry({ name, type: "directory" });
    archive.entry({ name: `${name}/file` }, "new");
  }
  archive.finalize();
  await fixture.engine.files.upload(id, { path: "/workspace", tar: bytesOf(archive) });
  expect((await fixture.shell(id, "cat thing/file out/file; ls real /tmp")).out).toBe("newnew/tmp:\n\nreal:\n");
  expect((await fixture.engine.files.stat(id, "/workspace/thing")).type).toBe("directory");
});

test("through a link entries have the name that was asked for", async () => {
  const id = await fixture.sandbox();
  await fixture.shell(id, "mkdir -p real/sub; echo x >real/sub/file; ln -s real link; ln -s real/sub/file one");
  expect(await names(fixture.engine.files.download(id, "/workspace/link"))).toEqual([
    "link/",
    "link/sub/",
    "link/sub/file",
  ]);
  expect(await names(fixture.engine.files.download(id, "/workspace/one"))).toEqual(["one"]);
});

test("a stopped sandbox gives its files, and says what needs it running", async () => {
  const id = await remote.sandbox();
  await remote.engine.files.upload(id, { path: "/workspace", tar: tar({ file: "x" }) });
  await remote.api.send({ method: "POST", path: `/containers/moorage-${id}/stop`, query: { t: "0" } });
  expect(await names(remote.engine.files.download(id, "/workspace/file"))).toEqual(["file"]);
  await remote.engine.files.upload(id, { path: "/workspace", tar: tar({ other: "y" }) });
  expect((await failureOf(remote.engine.files.list(id, "/workspace"))).code).toBe("SANDBOX_NOT_RUNNING");
  expect((await failureOf(remote.engine.files.remove(id, "/workspace/file"))).code).toBe("SANDBOX_NOT_RUNNING");
});

test("a workspace in memory is out of reach, and that is said", async () => {
  const id = await fixture.sandbox({ workspace: { type: "memory", sizeBytes: 1024 * 1024 } });
  for (const work of [
    () => fixture.engine.files.list(id, "/workspace"),
    () => names(fixture.engine.files.download(id, "/workspace")),
    () => fixture.engine.files.upload(id, { path: "/workspace", tar: tar({ a: "b" }) }),
  ]) {
    expect((await failureOf(work)).code).toBe("ENGINE_UNSUPPORTED");
  }
});

test.each(["/etc/passwd", "/workspacex", "/workspace/../etc", "relative", "/"])(
  "%s is PATH_NOT_ALLOWED",
  async (path) => {
    const id = await fixture.sandbox();
    expect((await failureOf(fixture.engine.files.stat(id, path))).code).toBe("PATH_NOT_ALLOWED");
    expect((await failureOf(fixture.engine.files.upload(id, { path, tar: tar({ a: "b" }) }))).code).toBe(
      "PATH_NOT_ALLOWED",
    );
  },
);

test("what cannot be removed says why, and the workspace itself stays", async () => {
  const id = await remote.sandbox();
  expect((await failureOf(remote.engine.files.remove(id, "/workspace"))).code).toBe("PATH_NOT_ALLOWED");
  const owned = await remote.sandbox({ user: { uid: 1000, gid: 1000 } });
  await remote.shell(owned, "mkdir -p d/e; chmod 500 d");
  expect((await failureOf(remote.engine.files.remove(owned, "/workspace/d"))).code).toBe("PATH_NOT_ALLOWED");
});

test("while an archive is slow to come or to go, the sandbox answers", { timeout: 30_000 }, async () => {
  const id = await fixture.sandbox();
  await fixture.shell(id, "dd if=/dev/zero of=big bs=1M count=8 2>/dev/null");
  const answers = async (): Promise<string> => (await fixture.shell(id, "echo fine")).out;
  for await (const _ of fixture.engine.files.download(id, "/workspace/big")) {
    expect(await answers()).toBe("fine\n");
    break;
  }
  const slow = (async function* () {
    for await (const chunk of tar({ one: "1", "dir/two": "2" })) {
      yield chunk;
      expect(await answers()).toBe("fine\n");
    }
  })();
  await fixture.engine.files.upload(id, { path: "/workspace", tar: slow });
  expect((await fixture.shell(id, "cat one dir/two")).out).toBe("12");
});

test("a refused archive leaves nothing of itself, and a stuck one can be given up", async () => {
  const id = await fixture.sandbox();
  const refused = fixture.engine.files.upload(id, { path: "/workspace", tar: tar({ fine: "x", "../bad": "y" }) });
  expect((await failureOf(refused)).code).toBe("PATH_NOT_ALLOWED");
  expect(await fixture.engine.files.list(id, "/workspace")).toEqual([]);
  const stuck = (async function* () {
    yield Buffer.alloc(0);
    await new Promise(() => undefined);
  })();
  const signal = AbortSignal.timeout(200);
  const upload = fixture.engine.files.upload(id, { path: "/workspace", tar: stuck }, signal);
  expect((await failureOf(upload)).code).toBe("CANCELED");
});
