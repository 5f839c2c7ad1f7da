import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { REPOSITORY } from "./cruise.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SYSTEM_PATH = "/usr/bin:/bin";

describe("bin/moorage", () => {
  let directory: string;
  let clone: string;

  /** A clone of two files: the command, and a program that prints the arguments that reach it. */
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "moorage-bin-"));
    clone = join(directory, "the clone");
    await mkdir(join(clone, "src/main"), { recursive: true });
    await mkdir(join(clone, "node_modules/.bin"), { recursive: true });
    await mkdir(join(clone, "bin"));
    await cp(join(REPOSITORY, "bin/moorage"), join(clone, "bin/moorage"));
    const program = "console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 7;\n";
    await writeFile(join(clone, "src/main/cli.ts"), program);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const installNode = () => symlink(process.execPath, join(clone, "node_modules/.bin/node"));

  it("hands over every argument as it is, and the exit code", async () => {
    await installNode();
    const args = ["run", "--", "a b", "", "$HOME", "*", 'it\'s "so"', "line\nbreak", "--version", "-"];
    const { code, stdout } = await run(join(clone, "bin/moorage"), args);
    expect(JSON.parse(stdout)).toEqual(args);
    expect(code).toBe(7);
  });

  it("runs through relative and absolute symbolic links, from any directory", async () => {
    await installNode();
    await symlink("the clone/bin/moorage", join(directory, "relative"));
    await symlink(join(directory, "relative"), join(directory, "absolute"));
    for (const options of [{ cwd: "/" }, { cwd: directory }, { cwd: clone }]) {
      expect(await run(join(directory, "absolute"), ["x"], options)).toMatchObject({ code: 7, stdout: '["x"]\n' });
    }
    expect(await run("./relative", ["x"], { cwd: directory })).toMatchObject({ code: 7, stdout: '["x"]\n' });
  });

  it("takes the machine's Node where the clone has none and it is new enough", async () => {
    const path = `${await machineNode('exec "$REAL_NODE" "$@"')}:${SYSTEM_PATH}`;
    const env = { PATH: path, REAL_NODE: process.execPath };
    expect(await run(join(clone, "bin/moorage"), ["x"], { env })).toMatchObject({ code: 7, stdout: '["x"]\n' });
  });

  it("refuses a machine's Node that is too old, in one line", async () => {
    const env = { PATH: `${await machineNode("echo v20.20.2")}:${SYSTEM_PATH}` };
    expect(await run(join(clone, "bin/moorage"), [], { env })).toEqual({
      code: 125,
      stdout: "",
      stderr: 'moorage: Node 24 or newer is needed and this is Node 20.20.2: run "npm ci" in the clone.\n',
    });
  });

  it("says what to do where there is no Node at all", async () => {
    expect(await run(join(clone, "bin/moorage"), [], { env: { PATH: directory } })).toEqual({
      code: 125,
      stdout: "",
      stderr: 'moorage: Node 24 or newer is needed and no Node was found: run "npm ci" in the clone.\n',
    });
  });

  it("says what to do where the packages are not installed", async () => {
    await rm(join(clone, "node_modules"), { recursive: true });
    expect(await run(join(clone, "bin/moorage"), [])).toEqual({
      code: 125,
      stdout: "",
      stderr: 'moorage: its packages are not installed: run "npm ci" in the clone, then try again.\n',
    });
  });

  /** A program called node, found before the machine's own. */
  async function machineNode(script: string): Promise<string> {
    const folder = join(directory, "machine");
    await mkdir(folder);
    await writeFile(join(folder, "node"), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, "node"), 0o755);
    return folder;
  }
});

function run(file: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
  });
}
