import { mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { busyboxSandbox, openHome, type Home } from "../fixtures/command-line.ts";

type Wire = { readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

/** Runs it twice at once, as people and as programs see it, and answers the error. */
async function refused(home: Home, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [first = "", ...rest] = args;
  const ways = [[first, "--json", ...rest], args] as const;
  const [json, people] = await Promise.all([home.moorage(ways[0], { env }), home.moorage(ways[1], { env })]);
  const { error } = JSON.parse(json.stdout) as Wire;
  expect(json.code).toBe(people.code);
  expect(people.stdout).toBe("");
  expect(people.stderr).toContain(error.message);
  expect(people.stderr).not.toMatch(/^\s+at /m);
  expect(error.hint).not.toBe("");
  return { ...error, exit: people.code };
}

const docker = ["run", "--engine", "docker"];

describe("moorage run refuses with 125", () => {
  it.each([
    [
      "an unknown image",
      ["--image", "no.such.registry.invalid/none:1", "--", "true"],
      "IMAGE_",
      "no.such.registry.invalid/none:1",
    ],
    ["a name that is no image", ["--image", "Not An Image", "--", "true"], "INVALID_INPUT", "Not An Image"],
    ["a workspace that does not exist", ["--workspace", "none", "--", "true"], "WORKSPACE_NOT_FOUND", "none"],
    ["a workspace out of the roots", ["--workspace", "/etc", "--", "true"], "WORKSPACE_NOT_ALLOWED", '"/etc"'],
    [
      "a workspace reached by ..",
      ["--workspace", "../..", "--", "true"],
      "WORKSPACE_NOT_ALLOWED",
      "not in an allowed root",
    ],
    ["negative memory", ["--memory", "-1", "--", "true"], "INVALID_INPUT", "-1"],
    ["too little memory", ["--memory", "1m", "--", "true"], "INVALID_INPUT", "at least 6 MiB"],
    ["a memory that is no size", ["--memory", "lots", "--", "true"], "INVALID_INPUT", "lots"],
    ["no processors", ["--cpus", "0", "--", "true"], "INVALID_INPUT", "got 0"],
    ["negative processes", ["--pids", "-5", "--", "true"], "INVALID_INPUT", "-5"],
    ["a deadline of nothing", ["--timeout", "0", "--", "true"], "INVALID_INPUT", "got 0"],
    ["more processes than allowed", ["--pids", "100000", "--", "true"], "LIMIT_EXCEEDED", "the maximum here is 4096"],
    ["no command", ["--"], "INVALID_INPUT", "moorage run: expected COMMAND (got nothing)"],
    ["an empty program", ["--", ""], "INVALID_INPUT", "expected a program, got an empty name"],
    ["a program with a leading dash", ["--", "-rf"], "INVALID_INPUT", "cannot begin with a dash"],
    ["a network that does not exist", ["--network", "host!", "--", "true"], "INVALID_INPUT", "host!"],
    ["an environment without a value", ["-e", "NAME", "--", "true"], "INVALID_INPUT", "NAME"],
    ["an environment with a bad name", ["-e", "A-B=1", "--", "true"], "INVALID_INPUT", "A-Z, a-z, 0-9 and _"],
    ["an unknown profile", ["--profile", "root", "--", "true"], "INVALID_INPUT", "root"],
    ["an unknown option", ["--privileged", "--", "true"], "INVALID_INPUT", "--privileged"],
  ] as const)("%s", async (...[, args, code, message]) => {
    await using home = await openHome();
    const error = await refused(home, [...docker, ...args]);
    expect(error.code).toContain(code);
    expect(error.message).toContain(message);
    expect(error.exit).toBe(125);
    expect(JSON.parse((await home.moorage(["cleanup", "--json"])).stdout)).toMatchObject({
      ok: true,
      removed: [],
      recovered: [],
    });
  });

  it("a workspace that a symlink leads out of the roots", async () => {
    await using home = await openHome();
    await symlink("/etc", join(home.root, "way-out"));
    const error = await refused(home, [...docker, "--workspace", "way-out", "--", "true"]);
    expect(error).toMatchObject({ code: "WORKSPACE_NOT_ALLOWED", exit: 125 });
    expect(error.message).toContain('which leads to "/etc"');
  });

  it("Moorage's own state as a workspace", async () => {
    await using home = await openHome();
    const env = { MOORAGE_WORKSPACE_ROOTS: "/" };
    const error = await refused(home, [...docker, "--workspace", home.path, "--", "true"], env);
    expect(error).toMatchObject({ code: "WORKSPACE_NOT_ALLOWED", exit: 125 });
  });

  it("an engine socket where nobody listens", async () => {
    await using home = await openHome();
    const env = { DOCKER_HOST: `unix://${join(home.root, "none.sock")}` };
    const error = await refused(home, ["run", "--", "true"], env);
    expect(error.code).toMatch(/^ENGINE_(?:UNREACHABLE|NOT_INSTALLED)$/);
    expect(error.message).toContain("none.sock");
    expect(error.exit).toBe(125);
  });

  it("an engine that accepts and never answers, within its deadline", async () => {
    await using home = await openHome();
    const path = join(home.root, "mute.sock");
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const run = await home.moorage(["run", "--json", "--", "true"], { env: { DOCKER_HOST: `unix://${path}` } });
      expect((JSON.parse(run.stdout) as Wire).error.code).toMatch(/^ENGINE_(?:TIMEOUT|UNREACHABLE)$/);
      expect(run.code).toBe(125);
    } finally {
      server.close();
    }
  });

  it("an address of an engine that it does not speak", async () => {
    await using home = await openHome();
    const error = await refused(home, ["run", "--", "true"], { DOCKER_HOST: "gopher://x" });
    expect(error).toMatchObject({ exit: 125 });
    expect(error.message).toContain("gopher://x");
  });
});

describe("other commands refuse with 1 or 2", () => {
  it.each([
    [["sandbox", "get", "nobody-has-this"], "NOT_FOUND", 'You have no sandbox "nobody-has-this".', 1],
    [["sandbox", "rm", "nobody-has-this"], "NOT_FOUND", 'You have no sandbox "nobody-has-this".', 1],
    [["sandbox", "get", "../x"], "INVALID_INPUT", "../x", 2],
    [["sandbox", "get", ""], "INVALID_INPUT", "", 2],
    [["sandbox", "create", "--name", "Not A Label"], "INVALID_INPUT", "expected a DNS label", 2],
    [["sandbox", "ls", "--limit", "0"], "INVALID_INPUT", "0", 2],
    [["sandbox", "ls", "--limit", "many"], "INVALID_INPUT", "many", 2],
    [["receipt", "get", "x"], "INVALID_INPUT", "20 characters", 2],
    [["sandbox", "no-such-command"], "INVALID_INPUT", "no-such-command", 2],
    [["no-such-command"], "INVALID_INPUT", "no-such-command", 2],
  ] as const)("%j is %s", async (...[args, code, message, exit]) => {
    await using home = await openHome();
    const error = await refused(home, args);
    expect(error).toMatchObject({ code, exit });
    expect(error.message).toContain(message);
  });

  it("a state directory that cannot be used", async () => {
    await using home = await openHome();
    const error = await refused(home, ["receipt", "verify"], { MOORAGE_HOME: "/dev/null/home" });
    expect(error).toMatchObject({ code: "STATE_UNUSABLE", exit: 1 });
  });

  it("file names that lead out, in every command that takes one", async () => {
    await using home = await openHome();
    const id = await busyboxSandbox(home);
    await mkdir(join(home.root, "in"));
    for (const path of ["../x", "/etc/passwd", "a/../../b"]) {
      for (const command of ["read", "write", "rm"]) {
        const error = await refused(home, ["file", command, id, path]);
        expect(error).toMatchObject({ code: "PATH_NOT_ALLOWED", exit: 2 });
        expect(error.message).toContain(JSON.stringify(path));
      }
    }
  });
});
