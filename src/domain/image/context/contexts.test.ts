import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../base/clock.ts";
import type { DomainContext } from "../../context.ts";
import { createReaper } from "../../reaper/reaper.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite-store.ts";
import { openMemoryDomain, type MemoryDomain } from "../../../../test/fixtures/memory-domain.ts";
import { createTimerClock } from "../../timer-clock.ts";
import { openBuildContext } from "./open-build-context.ts";
import { unrestricted } from "../../access/principal.ts";

const run = promisify(execFile);
const DAY_MS = 86_400_000;

let directory: string;
let domain: MemoryDomain;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "moorage-contexts-")));
  await mkdir(join(directory, "project"));
  domain = opened();
});

afterEach(async () => {
  await domain[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function opened(overrides: Partial<DomainContext> = {}): MemoryDomain {
  const plain = openMemoryDomain();
  const policy = { ...plain.context.policy, workspaceRoots: [directory] };
  return openMemoryDomain({ stateDirectory: join(directory, "state"), policy, ...overrides });
}

const call = (owner = "alice") => ({ context: domain.context, principal: unrestricted(owner), signal: undefined });

/** The names in an archive, as the real tar lists them. */
async function namesIn(tar: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const path = join(directory, "listed.tar");
  await writeFile(path, tar);
  const { stdout } = await run("tar", ["-tf", path]);
  return stdout.split("\n").filter((name) => name !== "");
}

async function staged(): Promise<readonly string[]> {
  return readdir(join(directory, "state/contexts"));
}

describe("a staged context", () => {
  it("of files is read, listed and removed by its owner alone", async () => {
    const { context } = domain.platform;
    const files = { "src/main.c": "int main;", Dockerfile: "FROM scratch\nCOPY . .\n", ".env": "SECRET=1" };
    const made = await context.create({ files });
    expect(made).toEqual({
      id: made.id,
      files: 2,
      bytes: 31,
      ignored: { count: 1, examples: [".env"] },
      dockerfile: { path: "Dockerfile", text: "FROM scratch\nCOPY . .\n", generatedFor: null },
      commit: null,
      createdAt: made.createdAt,
      expiresAt: new Date(Date.parse(made.createdAt) + DAY_MS).toISOString(),
    });
    expect(made.id).toMatch(/^[a-z][a-z0-9]{19}$/);
    expect(await context.get({ id: made.id })).toEqual(made);
    const { dockerfile: _dockerfile, ...summary } = made;
    expect(await context.list({})).toEqual({ items: [summary], nextCursor: null });
    const bob = domain.platformOf("bob").context;
    expect(await bob.list({})).toEqual({ items: [], nextCursor: null });
    for (const denied of [bob.get({ id: made.id }), bob.remove({ id: made.id })]) {
      await expect(denied).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `You have no staged context "${made.id}"; it may have expired.`,
        hint: "List yours with `moorage context ls`, or stage it again with `moorage context create`.",
      });
    }
    expect(await context.remove({ id: made.id })).toEqual({ id: made.id, removed: true });
    expect(await staged()).toEqual([]);
    await expect(context.get({ id: made.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("is what is built later, also when it is removed meanwhile", async () => {
    const { id } = await domain.platform.context.create({
      files: { Dockerfile: "FROM scratch\n", "a/b": { base64: "AAE=", mode: "0755" } },
    });
    await using context = await openBuildContext(call(), { contextId: id });
    await domain.platform.context.remove({ id });
    expect(context.dockerfile.text).toBe("FROM scratch\n");
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await namesIn(context.tar())).toEqual(["Dockerfile", "a/", "a/b"]);
    }
    await expect(openBuildContext(call("bob"), { contextId: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("survives a restart", async () => {
    const database = join(directory, "state.db");
    const restarted = () => opened({ store: openSqliteStore(database) });
    const before = restarted();
    const made = await before.platform.context.create({ files: { Dockerfile: "FROM scratch\n", "a.txt": "content" } });
    await before.context.store[Symbol.asyncDispose]();
    await before[Symbol.asyncDispose]();
    await using after = restarted();
    expect(await after.platform.context.get({ id: made.id })).toEqual(made);
    await using context = await openBuildContext({ ...call(), context: after.context }, { contextId: made.id });
    expect(await namesIn(context.tar())).toEqual(["Dockerfile", "a.txt"]);
    const other = openBuildContext({ ...call(), context: after.context }, { contextId: made.id, dockerfile: "other" });
    await expect(other).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: `The staged context "${made.id}" has the Dockerfile "Dockerfile", not "other".`,
      hint: "Stage it again with the Dockerfile that you mean.",
    });
    await after.context.store[Symbol.asyncDispose]();
  });

  it("of an archive is what was packed, without what is ignored", async () => {
    const tree = join(directory, "project");
    for (const [name, text] of Object.entries({ "app.py": "print(1)", ".env": "SECRET=1", "requirements.txt": "" })) {
      await writeFile(join(tree, name), text);
    }
    const { stdout } = await run("tar", ["-cz", "-C", tree, "."], { encoding: "buffer" });
    const sent = async function* (end: number) {
      for (let at = 0; at < end; at += 50) yield stdout.subarray(at, Math.min(at + 50, end));
    };
    const made = await domain.platform.raw.stage({}, sent(stdout.length));
    expect(made).toMatchObject({
      files: 2,
      ignored: { count: 1, examples: [".env"] },
      dockerfile: { path: "Dockerfile", generatedFor: "python" },
      commit: null,
    });
    await using context = await openBuildContext(call(), { contextId: made.id });
    expect([...(await namesIn(context.tar()))].toSorted()).toEqual(["Dockerfile", "app.py", "requirements.txt"]);
    await expect(domain.platform.raw.stage({}, sent(stdout.length - 30))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "The build context is no valid gzip.",
    });
    expect(await staged()).toEqual([`${made.id}.tar`]);
  });

  it("goes a day after it was made, with its file", async () => {
    let late = 0;
    const clock = { ...systemClock, now: () => Date.now() + late, monotonic: () => systemClock.monotonic() + late };
    await using mine = opened({ clock, timers: createTimerClock(clock) });
    const { id } = await mine.platform.context.create({ files: { Dockerfile: "FROM scratch" } });
    late = DAY_MS - 60_000;
    expect(await createReaper(mine.context).sweep()).toEqual([]);
    late = DAY_MS + 60_000;
    await expect(mine.platform.context.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await createReaper(mine.context).sweep()).toEqual([{ what: "context", id }]);
    expect(await staged()).toEqual([]);
  });

  it("is cleared up where its process ended before it had a row", async () => {
    await mkdir(join(directory, "state/contexts"), { recursive: true });
    for (const name of ["a1.tar", "a2.tar.partial", "a3.tar.partial"]) {
      await writeFile(join(directory, "state/contexts", name), "left");
    }
    await run("touch", ["-d", "2 hours ago", "a1.tar", "a2.tar.partial"], { cwd: join(directory, "state/contexts") });
    await domain.platform.system.cleanup({});
    expect(await staged()).toEqual(["a3.tar.partial"]);
  });

  it("is one of a few that an owner may have", async () => {
    const { context } = domain.platform;
    const files = { Dockerfile: "FROM scratch" };
    for (let count = 0; count < 5; count += 1) await context.create({ files });
    await expect(context.create({ files })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "You have 5 staged contexts, and no more are allowed.",
      hint: "Remove one that you do not need: `moorage context ls`, then `moorage context rm`.",
    });
    expect(await staged()).toHaveLength(5);
    await domain.platformOf("bob").context.create({ files });
  });
});

describe("a context of a directory", () => {
  const project = (name: string): string => join(directory, "project", name);

  it("has the Dockerfile that was judged, whatever becomes of the file", async () => {
    await writeFile(project("Dockerfile"), "FROM scratch\n# judged\n");
    await writeFile(project(".dockerignore"), "Dockerfile\n.dockerignore\n*.log\n");
    await writeFile(project("a.log"), "content");
    await using context = await openBuildContext(call(), { path: join(directory, "project") });
    await writeFile(project("Dockerfile"), "FROM elsewhere\n# swapped\n");
    const pieces = Buffer.concat(await Array.fromAsync(context.tar())).toString("latin1");
    expect(pieces).toContain("# judged");
    expect(pieces).not.toContain("# swapped");
    expect(await namesIn(context.tar())).toEqual([".dockerignore", "Dockerfile"]);
    expect(context.ignored.examples).toEqual(["a.log"]);
  });

  it("takes the ignore file that is named after its Dockerfile first", async () => {
    await mkdir(project("docker"));
    await writeFile(project("docker/Dockerfile.dev"), "FROM scratch");
    await writeFile(project("docker/Dockerfile.dev.dockerignore"), "two\n");
    await writeFile(project(".dockerignore"), "one\n");
    for (const name of ["one", "two"]) await writeFile(project(name), "content");
    const dockerfile = "docker/Dockerfile.dev";
    await using context = await openBuildContext(call(), { path: join(directory, "project"), dockerfile });
    expect(context.dockerfile).toEqual({ path: dockerfile, text: "FROM scratch", generatedFor: null });
    expect(await namesIn(context.tar())).toContain("one");
    expect(await namesIn(context.tar())).not.toContain("two");
  });

  it("has to be below an allowed root, and to be there", async () => {
    const { context } = domain.platform;
    await expect(context.create({ path: "/etc" })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_ALLOWED",
      message: `The build directory "/etc" is not in an allowed root; allowed: ${directory}.`,
    });
    await expect(context.create({ path: "project" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'The build directory "project" is a relative path; expected an absolute one.',
    });
    await expect(context.create({ path: project("none") })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_FOUND",
      message: `The build directory "${project("none")}" does not exist.`,
      hint: "Create the directory first, or name an existing one.",
    });
  });

  it("needs a Dockerfile, or what tells how to write one", async () => {
    await mkdir(project("nested"));
    for (const name of ["nested/package.json", "Dockerfile.dev"]) await writeFile(project(name), "{}");
    await expect(domain.platform.context.create({ path: join(directory, "project") })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        "The build context has no Dockerfile, and no requirements.txt, pyproject.toml, package.json, go.mod or index.html to write one for.",
      hint: "Add a Dockerfile to its root, or name one: by --file of `image build`, or --dockerfile of `context create`.",
    });
    const wrong = domain.platform.context.create({ path: join(directory, "project"), dockerfile: "other/Dockerfile" });
    await expect(wrong).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: 'There is no Dockerfile "other/Dockerfile" in the build context.',
      hint: "Name it from the context's root, such as docker/Dockerfile.",
    });
  });

  it("is refused with a Dockerfile that leads out, is too large, or is not UTF-8", async () => {
    const { context } = domain.platform;
    const path = join(directory, "project");
    await expect(context.create({ path, dockerfile: "../Dockerfile" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'dockerfile: expected a path in the build context (got "../Dockerfile").',
    });
    await writeFile(project("Dockerfile"), "#".repeat(1024 * 1024 + 1));
    await expect(context.create({ path })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: '"Dockerfile" has 1.0 MiB; at most 1 MiB are read.',
      hint: "Make it smaller.",
    });
    await writeFile(project("Dockerfile"), Buffer.from([0x46, 0xff]));
    await expect(context.create({ path })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'The Dockerfile "Dockerfile" is not UTF-8.',
    });
    expect(await readdir(join(directory, "state")).catch(() => [])).toEqual([]);
  });
});

describe("a map of files", () => {
  it("is refused with all names that are none", async () => {
    const names = ["/etc/passwd", "../up", "a/../../b", "a//b", "./a", "a\0b", "", "\ud800", "ok/file", "ok"];
    const files = Object.fromEntries(names.map((name) => [name, "content"]));
    await expect(domain.platform.context.create({ files })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message:
        'files: expected relative paths inside the context, got "/etc/passwd" is absolute; "../up" leads upwards; ' +
        '"a/../../b" leads upwards; "a//b" has an empty part or a dot for one; "./a" has an empty part or a dot for one; ' +
        '"a\\u0000b" has a NUL character; "" is empty; "\\ud800" cannot be written as UTF-8; "ok/file" is below another file.',
      hint: "Name each file as the Dockerfile will, such as src/main.py: without a leading /, without .. and .",
    });
  });

  it("is refused when it is empty, and with a source that is none or two", async () => {
    const { context } = domain.platform;
    await expect(context.create({ files: {} })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "files: expected at least one file, got none.",
    });
    const told = "context.create: input: expected one source: a directory (path), a repository (git), or files.";
    await expect(context.create({})).rejects.toMatchObject({ code: "INVALID_INPUT", message: told });
    const two = { files: { Dockerfile: "FROM scratch" }, path: directory };
    await expect(context.create(two)).rejects.toMatchObject({ code: "INVALID_INPUT", message: told });
  });

  it("tells nothing of a content that is no file's", async () => {
    const files = { Dockerfile: "FROM scratch", key: { base64: "secret text!" } };
    const refused = domain.platform.context.create({ files });
    await expect(refused).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "context.create: files.key.base64: expected base64.",
    });
  });
});
