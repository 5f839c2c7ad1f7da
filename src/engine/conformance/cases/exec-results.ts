import { describe, expect, test } from "vitest";
import { MAX_ARGUMENT_BYTES, MAX_ARGUMENTS_BYTES } from "../../../base/argument-size.ts";
import { collect, failure } from "../collect.ts";
import { jobSpec, sandboxSpec, soon, useSandbox, type Fixture } from "../fixture.ts";

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
    describe("more than the kernel takes", () => {
      describeOversize(fixture);
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

  test("the longest argument and the most of them that the kernel takes arrive whole", async () => {
    const { exec, harness } = fixture();
    const longest = "x".repeat(MAX_ARGUMENT_BYTES);
    const values = Array.from({ length: Math.floor(MAX_ARGUMENTS_BYTES / MAX_ARGUMENT_BYTES) }, () => longest);
    const { out, exit } = await collect(await exec(sandbox(), harness.programs.printArguments("first", ...values)));
    expect(exit.exitCode).toBe(0);
    expect(out === ["first", ...values, ""].join("\0"), `${out.length} bytes`).toBe(true);
  });
}

const TOO_LONG = "x".repeat(MAX_ARGUMENT_BYTES + 1);
const MANY = Array.from({ length: 100 }, () => "x".repeat(100_000));

const TOGETHER = /^Arguments and environment take 1000\d{4} bytes; the kernel passes at most 1900000\.$/;

type Oversize = {
  readonly what: string;
  readonly extra?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly message: RegExp;
};

const OVERSIZE: readonly Oversize[] = [
  {
    what: "an argument that is a byte too long",
    extra: [TOO_LONG],
    message: /^One argument takes 131072 bytes; the kernel passes at most 131071 in one\.$/,
  },
  {
    what: "a variable that is a byte too long with its name",
    env: { LONG: TOO_LONG.slice("LONG=".length) },
    message: /^The variable LONG takes 131072 bytes; the kernel passes at most 131071 in one\.$/,
  },
  { what: "10 MB of arguments", extra: MANY, message: TOGETHER },
  {
    what: "10 MB of variables",
    env: Object.fromEntries(MANY.map((value, index) => [`V${index}`, value])),
    message: TOGETHER,
  },
];

function describeOversize(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  describe.each(OVERSIZE)("$what", ({ extra = [], env = {}, message }) => {
    const hint = "Pass large data by a file or by stdin.";
    const refused = { code: "INVALID_INPUT", message: expect.stringMatching(message) as string, hint };

    test("is INVALID_INPUT for a run", async () => {
      const { exec, harness } = fixture();
      const command = [...harness.programs.printArguments("first"), ...extra];
      expect(await failure(exec(sandbox(), command, { env }))).toMatchObject(refused);
    });

    test("is INVALID_INPUT for a job, and leaves none", async () => {
      const { engine, harness } = fixture();
      const spec = jobSpec(harness, { command: [...harness.programs.printArguments("first"), ...extra], env });
      expect(await failure(engine.startJob(spec))).toMatchObject(refused);
      expect(await engine.inspect(spec.id)).toBeUndefined();
    });

    test("is INVALID_INPUT for a sandbox, and leaves none", async () => {
      const { engine, harness } = fixture();
      const main = extra.length === 0 ? {} : { main: { command: extra } };
      const spec = sandboxSpec(harness, { env, ...main });
      expect(await failure(engine.createSandbox(spec))).toMatchObject(refused);
      expect(await engine.inspect(spec.id)).toBeUndefined();
    });
  });
}
