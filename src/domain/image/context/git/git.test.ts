import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StagedContext } from "../../../../contracts/types.ts";
import { openGitServer, type GitServer, type GitServerOptions } from "../../../../../test/fixtures/git-server.ts";
import { openMemoryDomain, type MemoryDomain } from "../../../../../test/fixtures/memory-domain.ts";
import type { ContextPolicy } from "../../../policy.ts";

const run = promisify(execFile);

let directory: string;
let work: string;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "moorage-git-")));
  work = join(directory, "work");
  await mkdir(work);
  await git("init", "-q", "-b", "main");
  await commit({
    Dockerfile: "FROM scratch\n# main\n",
    ".gitattributes": "left.txt export-ignore\n",
    "left.txt": "left",
  });
  await git("tag", "v1");
  await git("checkout", "-q", "-b", "feature/one");
  await commit({
    Dockerfile: "FROM scratch\n# feature\n",
    "sub/Dockerfile": "FROM scratch\n# sub\n",
    "sub/inner.txt": "inner",
  });
  await git("checkout", "-q", "main");
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function git(...args: readonly string[]): Promise<string> {
  const settings = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  return (await run("git", [...settings, ...args], { cwd: work })).stdout.trim();
}

async function commit(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(work, name, ".."), { recursive: true });
    await writeFile(join(work, name), text);
  }
  await git("add", "-A");
  await git("commit", "-q", "-m", "A change");
}

function opened(context: Partial<ContextPolicy> = {}): MemoryDomain {
  const { policy } = openMemoryDomain().context;
  const build = { ...policy.build, context: { ...policy.build.context, ...context } };
  return openMemoryDomain({
    stateDirectory: join(directory, "state"),
    policy: { ...policy, workspaceRoots: [work], build },
  });
}

async function staged(
  source: Parameters<MemoryDomain["platform"]["context"]["create"]>[0]["git"],
  context: Partial<ContextPolicy> = {},
): Promise<StagedContext> {
  await using domain = opened(context);
  return await domain.platform.context.create({ git: source });
}

async function served(options: Partial<GitServerOptions> = {}): Promise<GitServer & { readonly url: string }> {
  await run("git", ["clone", "-q", "--bare", work, join(directory, "served/app.git")]);
  const server = await openGitServer({ root: join(directory, "served"), ...options });
  return Object.assign(server, { url: `http://${server.host}/app.git` });
}

/** Nothing of a fetch is left but what is staged. */
async function left(): Promise<readonly string[]> {
  return (await readdir(join(directory, "state/contexts")).catch(() => [])).filter((name) => !name.endsWith(".tar"));
}

describe("a repository of this host", () => {
  it("is staged at a branch, a tag, a commit or its HEAD, with every file", async () => {
    const url = `file://${work}`;
    const [main, feature] = [await git("rev-parse", "main"), await git("rev-parse", "feature/one")];
    const head = await staged(url);
    expect(head).toMatchObject({ commit: main, dockerfile: { text: "FROM scratch\n# main\n" }, files: 3 });
    expect(await staged(`${url}#v1`)).toMatchObject({ commit: main });
    expect(await staged({ url, ref: "feature/one" })).toMatchObject({ commit: feature, files: 5 });
    expect(await staged({ url, ref: feature })).toMatchObject({ commit: feature });
    expect(await staged(`${url}#feature/one:sub`)).toMatchObject({
      commit: feature,
      files: 2,
      dockerfile: { text: "FROM scratch\n# sub\n" },
    });
    expect(await left()).toEqual([]);
  });

  it("is refused where it leads to another one, or is none", async () => {
    const other = join(directory, "other");
    await rename(join(work, ".git"), other);
    await symlink(other, join(work, ".git"));
    await expect(staged(`file://${work}`)).rejects.toMatchObject({
      code: "REPOSITORY_NOT_FOUND",
      message: `There is no Git repository in "${work}".`,
    });
    await rm(join(work, ".git"));
    await rename(other, join(work, ".git"));
    await rename(join(work, ".git/objects"), other);
    await symlink(other, join(work, ".git/objects"));
    await expect(staged(`file://${work}`)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: `The repository "${work}" has the link "objects" in it.`,
    });
    await rm(join(work, ".git/objects"));
    await rename(other, join(work, ".git/objects"));
    await writeFile(join(work, ".git/objects/info/alternates"), "/elsewhere/objects\n");
    await expect(staged(`file://${work}`)).rejects.toMatchObject({
      message: `The repository "${work}" borrows objects of another one.`,
    });
    await expect(staged("file:///etc")).rejects.toMatchObject({
      code: "WORKSPACE_NOT_ALLOWED",
      message: expect.stringMatching(/^The repository "\/etc" is not in an allowed root/) as unknown,
    });
    expect(await left()).toEqual([]);
  });

  it("runs no program that it names, and has no file that its checkout would not have", async () => {
    const marker = join(directory, "ran");
    await commit({ ".gitattributes": "* filter=evil\n" });
    await git("config", "core.fsmonitor", `touch ${marker}`);
    await git("config", "filter.evil.smudge", `touch ${marker}`);
    await git("config", "uploadpack.packObjectsHook", `touch ${marker}; false`);
    expect(await staged(`file://${work}`)).toMatchObject({ files: 3 });
    expect(await readdir(directory)).not.toContain("ran");
  });
});

describe("a repository of a server", () => {
  it("is staged at a branch, a tag or a commit, without its history", async () => {
    await using server = await served();
    const gitHosts = [server.host];
    const [main, feature] = [await git("rev-parse", "main"), await git("rev-parse", "feature/one")];
    expect(await staged(server.url, { gitHosts })).toMatchObject({ commit: main, files: 3 });
    expect(await staged(`${server.url}#v1`, { gitHosts })).toMatchObject({ commit: main });
    expect(await staged(`${server.url}#feature/one:sub`, { gitHosts })).toMatchObject({ commit: feature, files: 2 });
    expect(await staged(`${server.url}#${feature}`, { gitHosts })).toMatchObject({ commit: feature });
    expect(await left()).toEqual([]);
  });

  it("gets the credentials of the URL, and nobody else sees them", async () => {
    const secret = "s3cr3t-t0ken";
    await using server = await served({ credentials: `me:${secret}` });
    const gitHosts = [server.host];
    const url = server.url.replace("http://", `http://me:${secret}@`);
    const context = await staged(url, { gitHosts });
    expect(context.commit).toBe(await git("rev-parse", "main"));
    expect(server.requests.every(({ url }) => !url.includes(secret))).toBe(true);
    expect(JSON.stringify(context)).not.toContain(secret);
    const wrong = await staged(url.replace(secret, "wr0ng-t0ken"), { gitHosts }).catch((error: unknown) => error);
    expect(wrong).toMatchObject({
      code: "REPOSITORY_NOT_FOUND",
      message: `The repository ${server.url} is not there, or not for these credentials.`,
      hint: "Check the URL; a private repository is reached by https://USER:TOKEN@HOST/….",
    });
    const missing = await staged(`${url}#nosuch`, { gitHosts }).catch((error: unknown) => error);
    expect(missing).toMatchObject({
      code: "REPOSITORY_NOT_FOUND",
      message: `The repository ${server.url} has no branch, tag or commit "nosuch".`,
    });
    for (const error of [wrong, missing]) {
      expect(JSON.stringify(error) + String(error instanceof Error ? error.stack : "")).not.toMatch(/t0ken/);
    }
  });

  it("is not followed to where a redirect leads", async () => {
    await using inner = await openGitServer({ root: directory });
    await using server = await served({
      instead: (_request, response) => {
        response.writeHead(302, { location: `http://${inner.host}/secret.git/info/refs` }).end();
        return true;
      },
    });
    await expect(staged(server.url, { gitHosts: [server.host] })).rejects.toMatchObject({
      code: "REPOSITORY_UNAVAILABLE",
      message: `The repository ${server.url} has moved: its server answers with a redirect.`,
    });
    expect(inner.requests).toEqual([]);
  });

  it("is left at once by who cancels, and nothing of it stays", async () => {
    const leaving = new AbortController();
    await using slow = await served({
      instead: () => {
        leaving.abort();
        return true;
      },
    });
    await using domain = opened({ gitHosts: [slow.host] });
    const staging = domain.platform.context.create({ git: slow.url }, { signal: leaving.signal });
    await expect(staging).rejects.toMatchObject({ code: "CANCELED" });
    expect(await left()).toEqual([]);
  });

  it("has to come in time, and in few enough bytes", async () => {
    await using slow = await served({ instead: () => true });
    await expect(staged(slow.url, { gitHosts: [slow.host], gitTimeoutMs: 700 })).rejects.toMatchObject({
      code: "REPOSITORY_UNAVAILABLE",
      message: `The repository ${slow.url} did not come within 700 ms.`,
    });
    await rm(join(directory, "served"), { recursive: true });
    const random = crypto.getRandomValues(new Uint8Array(65_536));
    await writeFile(
      join(work, "large"),
      Buffer.concat(Array.from({ length: 64 }, (_, index) => random.map((byte) => (byte * 31 + index * 7) % 251))),
    );
    await git("add", "-A");
    await git("commit", "-q", "-m", "Large");
    await using server = await served();
    const context = { gitHosts: [server.host], maxBytes: 50_000, maxFileBytes: 50_000 };
    await expect(staged(server.url, context)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await left()).toEqual([]);
  });

  it("is refused at an address that is not of the internet, and without TLS", async () => {
    await using server = await served();
    for (const host of ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]", "2130706433"]) {
      await expect(staged(`https://${host}/app.git`)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: `git: ${new URL(`https://${host}`).hostname} is no host of the public internet.`,
      });
    }
    await expect(staged(server.url)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "git: expected https://, for plain HTTP can be changed on its way.",
      hint: 'An administrator can allow it by "build": { "context": { "gitHosts": ["127.0.0.1"] } } in moorage.config.json.',
    });
    expect(server.requests).toEqual([]);
  });

  it("is told when it is not there", async () => {
    await using server = await served();
    const url = server.url.replace("app.git", "none.git");
    await expect(staged(url, { gitHosts: [server.host] })).rejects.toMatchObject({
      code: "REPOSITORY_NOT_FOUND",
      message: `There is no Git repository ${url}.`,
    });
  });
});

describe("a URL is refused", () => {
  it.each([
    ["ext::sh -c 'touch ran'", 'git: expected a URL that begins with https:// or file:// (got "ext:").'],
    ["ssh://git@example.org/app.git", "git: expected a URL that begins with https:// or file://, got one of ssh."],
    ["git@example.org:app.git", "git: expected a URL that begins with https:// or file://, got one of ssh."],
    ["not-a-url", "git: expected a URL, got none."],
    ["file:///tmp/x#%zz", "git: expected what follows # of the URL with each % as %25."],
    ["https://u%zz:p@example.org/x", "git: expected the user of the URL with each % as %25."],
    ["--upload-pack=touch", "git: expected a URL, got none."],
    ["https://example.org/app.git?token=1", "git: expected a URL without a ?."],
    ["file://elsewhere/app.git", "git: expected file:/// with three slashes."],
    [
      "https://example.org/app.git#--upload-pack=x",
      'git: expected a branch, a tag or a full commit (got "--upload-pack=x").',
    ],
    ["https://example.org/app.git#main:../..", 'git: expected a directory of the repository (got "../..").'],
    ["https://example.org/app.git#a..b", 'git: expected a branch, a tag or a full commit (got "a..b").'],
  ])("%s", async (url, message) => {
    await expect(staged(url)).rejects.toMatchObject({ code: "INVALID_INPUT", message });
  });

  it("without telling the credentials in it", async () => {
    const secret = "s3cr3t";
    for (const url of [
      `ftp://me:${secret}@example.org/app.git`,
      `https://me:${secret}@example.org/app.git?x`,
      `https://me:${secret}@example.org/${"x".repeat(5000)}`,
      `https://me:${secret}@127.0.0.1/app.git`,
      `https://me:${secret}@host name/app.git`,
      `https://${secret}%zz:${secret}%zz@example.org/app.git`,
      `https://me:${secret}%@example.org/app.git`,
      `ssh://me:${secret}@example.org/app.git`,
    ]) {
      const error = await staged(url).catch((refusal: unknown) => refusal);
      expect(error).toMatchObject({ code: "INVALID_INPUT" });
      expect(JSON.stringify(error) + String(error instanceof Error ? error.stack : "")).not.toContain(secret);
    }
  });

  it.each([
    ["git@github.com:a/b", "https://github.com/a/b"],
    ["ssh://git@example.org:2222/a/b.git#main", "https://example.org/a/b.git"],
  ])("%s, with its form that is taken", async (url, form) => {
    await expect(staged(url)).rejects.toMatchObject({
      hint: `Name it as ${form}; a private repository is reached by https://USER:TOKEN@HOST/….`,
    });
  });

  it("with its ref in two places", async () => {
    await expect(staged({ url: "https://example.org/app.git#main", ref: "v1" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "git: expected the ref and the subdirectory in the URL or beside it, not both.",
      hint: "Leave out what follows # in the URL.",
    });
  });
});
