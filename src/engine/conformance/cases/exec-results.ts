import { describe, expect, test } from "vitest";
import { collect, failure } from "../collect.ts";
import { soon, useSandbox, type Fixture } from "../fixture.ts";

const AT_A_TIME = 8;

export function describeExecResults(fixture: () => Fixture): void {
  describe("what a run is given and answers", () => {
    describe("exit codes", () => {
      describeExitCodes(fixture);
    });
    describe("environment and directory", () => {
      describeSurroundings(fixture);
    });
    describe("arguments", () => {
      describeArguments(fixture);
    });
  });
}

function describeExitCodes(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("every exit code from 0 to 255 comes back exactly", { timeout: 300_000 }, async () => {
    const { exec, harness } = fixture();
    const answers = new Map<number, number | null>();
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const worker = async (): Promise<void> => {
      for (let code = codes.shift(); code !== undefined; code = codes.shift()) {
        const { exit } = await collect(await exec(sandbox(), harness.programs.exit(code)));
        answers.set(code, exit.exitCode);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    expect([...answers].filter(([code, answer]) => code !== answer)).toEqual([]);
    expect(answers.size).toBe(256);
  });

  test("a program that does not exist ends with 127, nothing on stdout", async () => {
    const { exec, harness } = fixture();
    const { exit, out } = await collect(await exec(sandbox(), harness.programs.missing()));
    expect({ exitCode: exit.exitCode, out }).toEqual({ exitCode: 127, out: "" });
  });

  test("something that cannot be executed ends with 126, nothing on stdout", async () => {
    const { exec, harness } = fixture();
    const { exit, out } = await collect(await exec(sandbox(), harness.programs.notExecutable()));
    expect({ exitCode: exit.exitCode, out }).toEqual({ exitCode: 126, out: "" });
  });

  test("a program that KILL ended has 137, and was not killed for memory", async () => {
    const { exec, harness } = fixture();
    const { exit } = await collect(await exec(sandbox(), harness.programs.killItself()));
    expect(exit).toMatchObject({ exitCode: 137, oomKilled: false });
  });

  test("a run that was ended by nothing has no signal and was not killed for memory", async () => {
    const { exec, harness } = fixture();
    const { exit } = await collect(await exec(sandbox(), harness.programs.exit(9)));
    expect(exit).toMatchObject({ exitCode: 9, signal: null, oomKilled: false });
  });
}

function describeSurroundings(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture, { env: { UNIT: "of the unit", BOTH: "of the unit" } });

  test.each([
    ["plain", "value"],
    ["empty", ""],
    ["spaces and quotes", ` a "b" 'c' \\ $HOME \`x\` `],
    ["newlines", "one\ntwo\n\nfour"],
    ["unicode", "żółć 漢字 🚢"],
  ])("an environment value arrives intact: %s", async (_, value) => {
    const { exec, harness } = fixture();
    const { out } = await collect(await exec(sandbox(), harness.programs.env("GIVEN"), { env: { GIVEN: value } }));
    expect(out).toBe(`${value}\n`);
  });

  test("the unit's environment is there, and the run's goes before it", async () => {
    const { exec, harness } = fixture();
    const env = { BOTH: "of the run" };
    expect((await collect(await exec(sandbox(), harness.programs.env("UNIT"), { env }))).out).toBe("of the unit\n");
    expect((await collect(await exec(sandbox(), harness.programs.env("BOTH"), { env }))).out).toBe("of the run\n");
  });

  test("the environment of one run is not in the next, nor is that of this process", async () => {
    const { exec, harness } = fixture();
    await collect(await exec(sandbox(), harness.programs.exit(0), { env: { GIVEN: "once" } }));
    for (const name of ["GIVEN", "VITEST"]) {
      const { exit, out } = await collect(await exec(sandbox(), harness.programs.env(name)));
      expect({ name, exitCode: exit.exitCode, out }).toEqual({ name, exitCode: 1, out: "" });
    }
  });

  test("the working directory is the one that was asked for", async () => {
    const { exec, harness } = fixture();
    for (const cwd of ["/workspace", "/tmp", "/"]) {
      expect((await collect(await exec(sandbox(), harness.programs.pwd(), { cwd }))).out).toBe(`${cwd}\n`);
    }
  });

  test("a working directory that does not exist, or is a file, is INVALID_INPUT", async () => {
    const { exec, harness } = fixture();
    const made = await collect(await exec(sandbox(), harness.programs.writeFile("/workspace/file", "text")));
    expect(made.exit.exitCode).toBe(0);
    for (const cwd of ["/workspace/nowhere", "/workspace/file"]) {
      const run = exec(sandbox(), harness.programs.pwd(), { cwd });
      expect({ cwd, code: (await failure(run)).code }).toEqual({ cwd, code: "INVALID_INPUT" });
    }
  });

  test("a canceled start is CANCELED and runs nothing", async () => {
    const { engine, harness, exec } = fixture();
    const spec = { command: harness.programs.writeFile("/workspace/trace", "x"), env: {}, cwd: "/workspace" };
    await expect(soon(engine.exec(sandbox().id, spec, AbortSignal.abort()), "exec")).rejects.toMatchObject({
      code: "CANCELED",
    });
    const { exit } = await collect(await exec(sandbox(), harness.programs.readFile("/workspace/trace")));
    expect(exit.exitCode).not.toBe(0);
  });
}

function describeArguments(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("arguments reach the program as they are: nothing is split, expanded or dropped", async () => {
    const { exec, harness } = fixture();
    const values = [
      "two words",
      "",
      "'",
      `"`,
      'it\'s "both"',
      "line\nline\n",
      "$(echo no) `echo no` $HOME ${PATH} $$",
      "*",
      "a;b|c&d>e<f#g",
      "\\ \\n \\\\",
      "-n",
      "--help",
      "--",
      "tab\tend ",
      "ünïcödé 漢字 🚢",
      "\u0001\u007f",
      "%s%d",
      "!history",
      "",
    ];
    const { out } = await collect(await exec(sandbox(), harness.programs.printArguments("first", ...values)));
    expect(out.split("\0")).toEqual(["first", ...values, ""]);
  });

  test("an argument of 100 KiB and many of them arrive whole", async () => {
    const { exec, harness } = fixture();
    const long = "0123456789abcdef".repeat(6400);
    const one = await collect(await exec(sandbox(), harness.programs.printArguments(long)));
    expect(one.out === `${long}\0`, `${one.out.length} bytes, exit code ${one.exit.exitCode}`).toBe(true);
    const many = Array.from({ length: 2000 }, (_, index) => `argument ${index}`);
    const all = await collect(await exec(sandbox(), harness.programs.printArguments("first", ...many)));
    expect(all.out.split("\0")).toEqual(["first", ...many, ""]);
  });
}
