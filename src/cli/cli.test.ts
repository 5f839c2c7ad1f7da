import { describe, expect, test } from "vitest";
import { listCommands } from "./commands/list-commands.ts";
import { moorage } from "./testing/terminal.ts";

test.each([["--version"], ["-V"], ["--no-color", "--version"], ["--engine", "docker", "--version"]])(
  "moorage %s %s %s prints the version alone",
  async (...argv) => {
    expect(await moorage(argv)).toMatchObject({ exitCode: 0, stdout: "1.2.3\n", stderr: "" });
  },
);

test("--version --json is one line of JSON", async () => {
  expect(await moorage(["--json", "--version"])).toMatchObject({ exitCode: 0, stdout: '{"version":"1.2.3"}\n' });
});

test("a --version that belongs to a program is not Moorage's", async () => {
  const { exitCode, stdout } = await moorage(["run", "--", "python", "--version"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: "" });
});

test("moorage alone is a question: help on stdout, exit code 0", async () => {
  const bare = await moorage([]);
  expect(bare).toMatchObject({ exitCode: 0, stderr: "" });
  expect(bare.stdout).toBe((await moorage(["--help"])).stdout);
});

test("a group alone is an unfinished command: its help on stderr, exit code 2", async () => {
  const seen = await moorage(["sandbox"]);
  expect(seen).toMatchObject({ exitCode: 2, stdout: "" });
  expect(seen.stderr).toBe((await moorage(["sandbox", "--help"])).stdout);
});

test("help before the words is help after them", async () => {
  expect((await moorage(["sandbox", "help"])).stdout).toBe((await moorage(["sandbox", "--help"])).stdout);
  expect((await moorage(["help", "sandbox", "exec"])).stdout).toBe((await moorage(["sandbox", "exec", "-h"])).stdout);
});

describe("wrong arguments", () => {
  const told = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await moorage(argv);
    return `${stdout}${stderr}exit ${exitCode}`;
  };

  test("are told with the value, what was expected, and what to do", async () => {
    expect(await told("sandbx")).toMatchInlineSnapshot(`
      "error: Unknown command "moorage sandbx".
      hint: Did you mean sandbox?
      exit 2"
    `);
    expect(await told("ls")).toMatchInlineSnapshot(`
      "error: Unknown command "moorage ls".
      hint: Did you mean \`moorage sandbox ls\` or \`moorage runs ls\` or \`moorage session ls\` or \`moorage file ls\` or \`moorage image ls\` or \`moorage context ls\` or \`moorage network ls\` or \`moorage receipt ls\` or \`moorage snapshot ls\` or \`moorage volume ls\` or \`moorage key ls\` or \`moorage user ls\` or \`moorage team ls\` or \`moorage quota ls\` or \`moorage audit ls\`?
      exit 2"
    `);
    expect(await told("sandbox", "remove-all")).toMatchInlineSnapshot(`
      "error: Unknown command "moorage sandbox remove-all".
      hint: See \`moorage sandbox --help\`.
      exit 2"
    `);
    expect(await told("sandbox", "get")).toMatchInlineSnapshot(`
      "error: moorage sandbox get: expected ID (got nothing).
      hint: Usage: moorage sandbox get [options] ID
      exit 2"
    `);
    expect(await told("sandbox", "get", "a", "b c")).toMatchInlineSnapshot(`
      "error: moorage sandbox get: expected no more arguments (got "b c").
      hint: Usage: moorage sandbox get [options] ID
      exit 2"
    `);
    expect(await told("sandbox", "ls", "--limt", "3")).toMatchInlineSnapshot(`
      "error: Unknown option "--limt" of moorage sandbox ls.
      hint: Did you mean --limit?
      exit 2"
    `);
    expect(await told("--engine", "memory", "doctor")).toMatchInlineSnapshot(`
      "error: --engine: expected docker or process (got "memory").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told("--bogus\u001b[2J", "doctor")).toMatchInlineSnapshot(`
      "error: Unknown option "--bogus\\u001b[2J" of moorage.
      hint: See \`moorage --help\`.
      exit 2"
    `);
    expect(await told("")).toMatchInlineSnapshot(`
      "error: Unknown command "moorage ".
      hint: See \`moorage --help\`.
      exit 2"
    `);
  });

  test("of commands that run a program end with 125, so that 2 stays the program's", async () => {
    expect(await told("run", "--tiemout", "2", "--", "true")).toMatchInlineSnapshot(`
      "error: Unknown option "--tiemout" of moorage run.
      hint: Did you mean --timeout?
      exit 125"
    `);
    expect(await told("run", "--memory")).toMatchInlineSnapshot(`
      "error: --memory <size>: expected a value (got nothing).
      hint: Usage: moorage run [options] [--] COMMAND [ARG...]
      exit 125"
    `);
    expect(await told("sandbox", "exec", "--", "ls", "-la")).toMatchInlineSnapshot(`
      "error: moorage sandbox exec: expected ID (got nothing).
      hint: Usage: moorage sandbox exec [options] ID [-- COMMAND [ARG...]]
      exit 125"
    `);
    expect(await told("agent", "run", "builder", "--", "make")).toMatchInlineSnapshot(`
      "error: --workspace: expected a value, for it is required (got nothing).
      hint: Add --workspace VALUE; --help tells what it takes.
      exit 125"
    `);
  });

  test("are one line of JSON on stdout under --json", async () => {
    for (const argv of [["--json"], ["--json", "sandbox"], ["sandbox", "get", "--json"], ["--json", "bogus"]]) {
      const { exitCode, stdout, stderr } = await moorage(argv);
      expect({ exitCode, stderr, lines: stdout.split("\n").length }).toEqual({ exitCode: 2, stderr: "", lines: 2 });
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: "INVALID_INPUT", retry: false },
      });
    }
  });
});

test("no two commands share their words, and no command is also a group", () => {
  const commands = listCommands();
  const words = commands.map((command) => command.words.join(" "));
  expect(new Set(words).size).toBe(words.length);
  const groups = new Set(commands.flatMap((command) => (command.words.length > 1 ? command.words.slice(0, 1) : [])));
  expect(words.filter((word) => groups.has(word))).toEqual([]);
});
