import { describe, expect, test } from "vitest";
import { listCommands } from "../commands/list-commands.ts";
import { createStyle } from "../output/style.ts";
import { displayWidth } from "../output/text.ts";
import { parseArgv } from "../parse-argv.ts";
import { moorage } from "../testing/terminal.ts";
import { EXAMPLES, PROGRAM_EXAMPLES } from "./examples.ts";

const COMMANDS = listCommands();
const GROUPS = [...new Set(COMMANDS.flatMap(({ words }) => (words.length > 1 ? words.slice(0, 1) : [])))];
const PAGES = [[], ...GROUPS.map((group) => [group]), ...COMMANDS.map(({ words }) => words)];

const help = async (words: readonly string[], columns: number): Promise<string> => {
  const { exitCode, stdout, stderr } = await moorage([...words, "--help"], { columns });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
};

test.each([80, 40])("the help of everything, at %i columns", async (columns) => {
  const pages = await Promise.all(PAGES.map((words) => help(words, columns)));
  await expect(pages.join(`${"-".repeat(columns)}\n`)).toMatchFileSnapshot(`help-${columns}.snapshot.txt`);
});

test("the help of a command that runs a program", async () => {
  expect(await help(["run"], 100)).toMatchInlineSnapshot(`
    "Usage: moorage run [options] [--] COMMAND [ARG...]

    Run one command in a new sandbox, and remove the sandbox.

    Arguments:
      COMMAND                    Program and arguments. No shell reads them.

    Options:
      --workspace <directory>    Directory of the engine's host, mounted at /workspace, below an allowed
                                 root.
      -e, --env <name=value>     Environment variables. May be given more than once.
      --image <image>            Image reference; the configured default otherwise.
      --profile <job|sandbox>    A named set of limits and hardening: \`job\` is the stricter one, and the
                                 default of jobs; \`sandbox\` that of sandboxes.
      --network <network>        What the sandbox can reach: none, internal, open, allow:DOMAIN[,DOMAIN]
                                 or net:NAME. What the engine cannot enforce is refused. (default: none)
      --runtime <runtime>        Runtime class of the container; the engine's default otherwise.
      --memory <size>            Memory; 512 MiB when not given, 6 MiB at least. No swap is added.
                                 Written as 512m, 2g or a number of bytes.
      --cpus <n>                 Processors, in fractions too; when not given 1 for profile job, 0.5 for
                                 profile sandbox.
      --pids <n>                 Processes and threads at one time; 256 when not given.
      --disk <size>              Disk, 1 MiB at least: what its files may take, in /workspace and
                                 outside of it; when not given 4 GiB for profile job, 10 GiB for profile
                                 sandbox. Written as 512m, 2g or a number of bytes.
      --timeout <duration>       Deadline of the run; then its whole process tree is ended. When not
                                 given 2 minutes for a job, and in a sandbox its own. Written as 2
                                 (seconds), 500ms or 1m.
      -i, --stdin                Pass input on to the program as it comes, until it is closed.

    Options of every command:
      --json                     Print the result or error as one line of JSON.
      --engine <docker|process>  What runs new sandboxes, in this command and by no server; else it is
                                 chosen by itself.
      --no-color                 No colour, as with NO_COLOR.
      -h, --help                 Print this help.

    Options end at the first word of COMMAND, or at --; what follows is passed on as it is.
    Exit code: COMMAND's own; 124 when its deadline was reached; 125 when Moorage or the engine failed.

    Examples:
      moorage run -- echo hello
      moorage run --image python:3.11-slim --timeout 10 -- python -c 'print(6*7)'
      moorage run --workspace . --memory 1g -e CI=1 -- make test
      echo 1 2 3 | moorage run -i -- wc -w
    "
  `);
});

describe.each(PAGES.map((words) => ({ words })))("moorage $words --help", ({ words }) => {
  test.each([40, 60, 120])("fits %i columns; only examples, which are copied, may be longer", async (columns) => {
    const [text = "", examples = ""] = (await help(words, columns)).split("Examples:");
    const lines = [...text.split("\n"), ...(examples.split("\n\n")[1] ?? "").split("\n")];
    expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
  });
});

test.each(COMMANDS.map(({ words, summary }) => ({ name: words.join(" "), summary })))(
  "$name: its summary is one sentence, and is its help's",
  async ({ name, summary }) => {
    expect(summary).toMatch(/^[A-Z].{10,99}\.$/);
    expect((await help(name.split(" "), 200)).split("\n")).toContain(summary);
  },
);

test.each([...PROGRAM_EXAMPLES, ...Object.values(EXAMPLES).flat()])("the example `%s` can be typed", (example) => {
  const line = example.replace(/^.*\| /, "").replace(/ > .*$/, "");
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  expect(words[0]).toBe("moorage");
  const parsed = parseArgv(words.slice(1), COMMANDS, { style: createStyle(false), width: 80 });
  expect(parsed.kind).toBe("command");
});

test("examples belong to commands that are there", () => {
  const names = COMMANDS.map(({ words }) => words.join(" "));
  expect(Object.keys(EXAMPLES).filter((name) => !names.includes(name))).toEqual([]);
});

test("colour marks titles only, and --no-color takes it away", async () => {
  const colored = await moorage(["doctor", "--help"], { color: true });
  expect(colored.stdout).toContain("\u001b[1mOptions:\u001b[22m");
  expect((await moorage(["doctor", "--help", "--no-color"], { color: true })).stdout).not.toContain("\u001b");
});
