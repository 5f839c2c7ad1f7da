import { chown, lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { finished, openHome, resultOf } from "../fixtures/command-line.ts";

// Ignores TERM, and leaves children that do so too, in sessions of their own.
const STUBBORN = `trap '' TERM
for each in 1 2 3; do setsid sh -c "trap '' TERM; sleep 60" & done
echo printed before
sleep 60 & wait; sleep 60`;

const ENGINES = [
  ["docker", ["--engine", "docker", "--image", "python:3.11-slim"]],
  ["process", ["--engine", "process"]],
] as const;

describe("moorage run on docker", () => {
  it("prints what the program prints, and nothing else on stdout", async () => {
    await using home = await openHome();
    const run = await home.moorage(["run", "--image", "python:3.11-slim", "--", "python", "-c", "print(6*7)"]);
    expect(run).toMatchObject({ code: 0, stdout: "42\n", stderr: "" });
  });

  it("reads the workspace and leaves there what it wrote, owned as before", async () => {
    await using home = await openHome();
    const workspace = join(home.root, "a job's dir");
    await mkdir(workspace);
    await writeFile(join(workspace, "in"), "data");
    const run = await home.moorage([
      "run",
      "--workspace",
      "a job's dir",
      "--",
      "sh",
      "-c",
      "cat in && id -u && echo out > out",
    ]);
    expect(run).toMatchObject({ code: 0 });
    const owner = await lstat(workspace);
    // Where Moorage is root the job is not.
    expect(run.stdout).toBe(`data${owner.uid === 0 ? 1000 : owner.uid}\n`);
    expect(await readFile(join(workspace, "out"), "utf8")).toBe("out\n");
    for (const name of ["in", "out"]) expect((await lstat(join(workspace, name))).uid).toBe(owner.uid);
  });

  it("takes set-id bits from what a job left in root's workspace", async () => {
    await using home = await openHome();
    const run = await home.moorage([
      "run",
      "--workspace",
      ".",
      "--",
      "sh",
      "-c",
      "cp /bin/sh s && chmod 6755 s && ls -l s",
    ]);
    expect(run.code).toBe(0);
    const { mode, uid } = await lstat(join(home.root, "s"));
    expect(uid).toBe(process.getuid?.());
    // Who is not root keeps bits that give only his own rights.
    expect(mode & 0o6000).toBe(uid === 0 ? 0 : 0o6000);
  });

  it("leaves alone in root's workspace what leads out of it", async () => {
    await using home = await openHome();
    await using other = await openHome();
    const victim = join(other.root, "victim");
    await writeFile(victim, "");
    await symlink(victim, join(home.root, "link"));
    await chown(victim, 0, 0);
    expect((await home.moorage(["run", "--workspace", ".", "--", "true"])).code).toBe(0);
    expect((await lstat(victim)).uid).toBe(0);
  });
});

describe("two jobs at once", () => {
  it("may not work in directories inside one another, nor in one that root lends", async () => {
    await using home = await openHome();
    await mkdir(join(home.root, "outer", "inner"), { recursive: true });
    const first = home.start(["run", "--workspace", "outer", "--", "sh", "-c", "echo up; sleep 20"]);
    await new Promise((resolve) => first.stdout?.once("data", resolve));
    const ended = finished(first);
    const refused = ["outer/inner", ".", ...(process.getuid?.() === 0 ? ["outer"] : [])];
    for (const workspace of refused) {
      const second = await home.moorage(["run", "--workspace", workspace, "--json", "--", "true"]);
      expect(second.code).toBe(125);
      expect(second.stdout).toContain('"code":"CONFLICT"');
      expect(second.stdout).toContain("is in use by run");
    }
    first.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect((await home.moorage(["run", "--workspace", "outer/inner", "--", "true"])).code).toBe(0);
  });
});

describe.each(ENGINES)("moorage run on %s", (engine, options) => {
  it("tells in one JSON line what happened", async () => {
    await using home = await openHome();
    const run = await home.moorage(["run", ...options, "--json", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect(run.code).toBe(7);
    expect(run.stdout.split("\n")).toHaveLength(2);
    expect(resultOf(run)).toMatchObject({
      status: "failed",
      exitCode: 7,
      stdout: "out\n",
      stderr: "err\n",
      engine,
      isolation: engine === "docker" ? "container" : "namespaces",
      profile: "job",
      network: "none",
    });
  });

  it("ends a program that traps TERM and forks within 4 s of its start, with 124 and what it printed", async () => {
    await using home = await openHome();
    const run = await home.moorage(["run", ...options, "--timeout", "2", "--json", "--", "sh", "-c", STUBBORN]);
    expect(run.code).toBe(124);
    expect(resultOf(run)).toMatchObject({
      timedOut: true,
      exitCode: 124,
      stdout: "printed before\n",
      signal: "SIGKILL",
    });
    // From its start to its confirmed end.
    expect(resultOf(run).durationMs).toBeLessThan(4000);
    const cleaned = await home.moorage(["cleanup", "--json"]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ ok: true, removed: [], recovered: [] });
  });

  it("passes bytes that are no UTF-8 through unchanged", async () => {
    await using home = await openHome();
    const run = await home.moorage(["run", ...options, "--", "printf", "\\377\\000\\n\\200"]);
    expect([...run.raw]).toEqual([0xff, 0, 10, 0x80]);
  });

  it("passes arguments with spaces, quotes, newlines, dollars and dashes unchanged", async () => {
    await using home = await openHome();
    const args = ["a b", `'"`, "new\nline", "$(id)", "--json", "-x", "", "ünï"];
    const run = await home.moorage(["run", ...options, "--", "printf", "[%s]", ...args]);
    expect(run.stdout).toBe(args.map((arg) => `[${arg}]`).join(""));
  });

  it("gives the program its stdin when asked to", async () => {
    await using home = await openHome();
    const run = await home.moorage(["run", ...options, "-i", "--", "cat"], { input: "from here\n" });
    expect(run).toMatchObject({ code: 0, stdout: "from here\n" });
  });

  it("answers 127 for a program that is missing and 126 for one that cannot be run", async () => {
    await using home = await openHome();
    expect((await home.moorage(["run", ...options, "--", "no-such-program"])).code).toBe(127);
    expect((await home.moorage(["run", ...options, "--", "/etc/passwd"])).code).toBe(126);
  });

  it("verifies its receipts", async () => {
    await using home = await openHome();
    await home.moorage(["run", ...options, "--", "true"]);
    await home.moorage(["run", ...options, "--", "false"]);
    const verified = await home.moorage(["receipt", "verify", "--json"]);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, count: 2 });
  });

  it("ends quietly when nobody reads its output any more", async () => {
    await using home = await openHome();
    const child = home.start(["run", ...options, "--", "sh", "-c", "yes"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const closed = new Promise((resolve) => child.once("close", resolve));
    await closed;
    const cleaned = await home.moorage(["cleanup", "--json"]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ removed: [] });
  });

  it("is canceled by Ctrl-C with 130, and leaves nothing", async () => {
    await using home = await openHome();
    const child = home.start(["run", ...options, "--", "sh", "-c", "echo up; sleep 60"]);
    child.stdout?.once("data", () => child.kill("SIGINT"));
    expect((await finished(child)).code).toBe(130);
    const receipts = JSON.parse((await home.moorage(["receipt", "ls", "--json"])).stdout) as { items: unknown[] };
    expect(receipts.items).toMatchObject([{ status: "canceled" }]);
  });
});

describe("a SIGKILL of a command line that runs a job without a server", () => {
  it.each(ENGINES)("on %s: the job ends by itself, and the next start records it", async (engine, options) => {
    await using home = await openHome();
    const script = "trap '' TERM; echo up; while :; do sleep 1; done";
    const child = home.start(["run", ...options, "--timeout", "2", "--", "sh", "-c", script]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    await expect
      .poll(
        async () => {
          const { stdout } = await home.moorage(["receipt", "ls", "--json"]);
          return (JSON.parse(stdout) as { items: unknown[] }).items;
        },
        { timeout: 15_000, interval: 500 },
      )
      .toMatchObject([
        engine === "docker"
          ? { status: "timed_out", exitCode: 124, timedOut: true, stdoutBytes: null }
          : { status: "interrupted", exitCode: null },
      ]);
    const cleaned = await home.moorage(["cleanup", "--json"]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ ok: true, removed: [], recovered: [] });
    expect((await home.moorage(["receipt", "verify"])).code).toBe(0);
  });
});
