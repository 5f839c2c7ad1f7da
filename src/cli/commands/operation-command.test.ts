import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { OUTLINE } from "../../contracts/outline.ts";
import { hostWith, type Answer } from "../testing/platform.ts";
import { sampleResult, sampleSandbox } from "../testing/samples.ts";
import { moorage, type Setting } from "../testing/terminal.ts";

const result = [{ type: "result", result: sampleResult() }];

/** What an operation got as its input, and what was seen. */
async function given(argv: readonly string[], setting: Setting = {}) {
  const { host, calls, opened } = hostWith({
    "job.run": () => result,
    "sandbox.exec": () => result,
    "sandbox.create": () => sampleSandbox(),
    "sandbox.list": () => ({ items: [], nextCursor: null }),
  });
  const seen = await moorage(argv, { directory: "/home/me", ...setting, host });
  return { ...seen, input: calls[0]?.input, calls, opened };
}

async function told(argv: readonly string[], setting: Setting = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await given(argv, setting);
  return `${stdout}${stderr}exit ${exitCode}`;
}

describe("flags become the fields of the input", () => {
  test("sizes, durations, numbers, names and environment", async () => {
    const { input } = await given([
      "sandbox", "create", "--name", "demo", "--conversation-id", "abc", "--memory", "1.5g", "--cpus", "0.5",
      "--pids", "100", "--timeout", "2m", "--network", "none", "--profile", "job", "-e", "A=1", "--env", "B=x=y z",
      "-eEMPTY=", "--env=A=2",
    ]); // prettier-ignore
    expect(input).toEqual({
      name: "demo",
      conversationId: "abc",
      memoryBytes: 1.5 * 1024 ** 3,
      cpus: 0.5,
      pids: 100,
      timeoutMs: 120_000,
      network: "none",
      profile: "job",
      env: { A: "2", B: "x=y z", EMPTY: "" },
    });
  });

  test.each([
    ["2", 2000],
    ["500ms", 500],
    ["1m", 60_000],
    ["0.25", 250],
  ])("--timeout %s is %i ms", async (text, timeoutMs) => {
    expect((await given(["run", "--timeout", text, "--", "x"])).input).toEqual({ timeoutMs, command: ["x"] });
  });

  test("the last of a flag that is given twice counts", async () => {
    expect((await given(["sandbox", "ls", "--limit", "1", "--limit", "2"])).input).toEqual({ limit: 2 });
  });

  test("a variable may have any name that the operation takes, also those that objects have already", async () => {
    const { input } = await given(["run", "-e", "__proto__=x", "-e", "constructor=y", "--", "x"]);
    expect(Object.entries((input as { env: object }).env)).toEqual([["__proto__", "x"], ["constructor", "y"]]); // prettier-ignore
  });

  test("relative host directories start where the command was typed", async () => {
    expect((await given(["run", "--workspace", "../w", "--", "x"])).input).toMatchObject({ workspace: "/home/w" });
    expect((await given(["run", "--workspace", "/w", "--", "x"])).input).toMatchObject({ workspace: "/w" });
  });
});

test("global options are taken before the words and after them, also within a group", async () => {
  for (const argv of [
    ["--engine", "process", "sandbox", "ls"],
    ["sandbox", "--engine=process", "ls"],
    ["sandbox", "ls", "--engine", "process"],
  ]) {
    expect((await given(argv)).opened).toEqual([{ engine: "process", needsImages: false }]);
  }
  expect((await given(["run", "--image", "x", "--", "y"])).opened).toEqual([{ needsImages: true }]);
});

describe("values that are wrong", () => {
  test("by their type are told before anything is opened", async () => {
    for (const argv of [
      ["run", "--memory", "lots", "--", "x"],
      ["run", "-e", "TOKEN", "--", "x"],
    ]) {
      expect((await given(argv)).opened).toEqual([]);
    }
    expect(await told(["run", "--memory", "-512m", "--", "x"])).toMatchInlineSnapshot(`
      "error: --memory: expected a size such as 512m, 2g or 1048576 (got "-512m").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--timeout", "soon", "--", "x"])).toMatchInlineSnapshot(`
      "error: --timeout: expected a duration such as 2 (seconds), 500ms or 1m (got "soon").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--timeout", "", "--", "x"])).toMatchInlineSnapshot(`
      "error: --timeout: expected a duration such as 2 (seconds), 500ms or 1m (got "").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--cpus", "0x10", "--", "x"])).toMatchInlineSnapshot(`
      "error: --cpus: expected a number (got "0x10").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["sandbox", "ls", "--limit", "ten"])).toMatchInlineSnapshot(`
      "error: --limit: expected a number (got "ten").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["run", "-e", "s3cret", "--", "x"])).toMatchInlineSnapshot(`
      "error: --env: expected NAME=VALUE (got no =).
      hint: Write both out, such as --env CI=1; nothing is taken from this shell's environment.
      exit 125"
    `);
    expect(await told(["run", "-e", "=x", "--", "x"])).toMatchInlineSnapshot(`
      "error: --env: expected NAME=VALUE (got no name before the =).
      hint: Write both out, such as --env CI=1; nothing is taken from this shell's environment.
      exit 125"
    `);
  });

  test("a limit beyond the maximum is named as it was typed", async () => {
    const details = { limit: "timeoutMs", over: "is 1 h; the maximum here is 10 s" };
    const { host } = hostWith({
      "sandbox.create": () => {
        throw new MoorageError("LIMIT_EXCEEDED", "timeoutMs is 1 h; the maximum here is 10 s.", { details });
      },
    });
    const seen = await moorage(["sandbox", "create", "--timeout", "1h"], { host });
    expect(seen.stderr).toMatch(/^error: --timeout is 1 h; the maximum here is 10 s\.\nhint: /);
  });

  test("by the operation's rules are told in the words of the command line", async () => {
    expect(await told(["run", "--pids", "-5", "--", "x"])).toMatchInlineSnapshot(`
      "error: --pids: expected at least 2 (got -5).
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--cpus", "-1", "--memory", "1k", "--", "x"])).toMatchInlineSnapshot(`
      "error: --memory: expected at least 6 MiB (got 1024).
             --cpus: expected at least 0.01 (got -1).
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["sandbox", "create", "-p", "99999", "--ready", "soon"])).toMatchInlineSnapshot(`
      "error: --ready: expected port:8080, http:8080/health, log:PATTERN or JSON (got "soon").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["sandbox", "create", "-p", "80", "-p", "99999"])).toMatchInlineSnapshot(`
      "error: --publish port: expected 1 to 65535 (got 99999).
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["sandbox", "ls", "--label", "team"])).toMatchInlineSnapshot(`
      "error: --label: expected KEY=VALUE (got "team").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["agent", "run", "--workspace", ".", "a"])).toMatchInlineSnapshot(`
      "error: moorage agent run: expected COMMAND (got nothing).
      hint: Write it behind --, such as: moorage agent run --workspace VALUE AGENT-ID -- echo hello
      exit 125"
    `);
    expect(await told(["run"])).toMatchInlineSnapshot(`
      "error: moorage run: expected COMMAND (got nothing).
      hint: Write it behind --, such as: moorage run -- echo hello
      exit 125"
    `);
    expect(await told(["run", "--", ""])).toMatchInlineSnapshot(`
      "error: COMMAND: expected a program, got an empty name.
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--", "-x"])).toMatchInlineSnapshot(`
      "error: COMMAND: expected a program's name, which cannot begin with a dash.
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--workspace", "", "--", "x"])).toMatchInlineSnapshot(`
      "error: --workspace: expected a directory (got "").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "-e", "1A=x", "--", "x"])).toMatchInlineSnapshot(`
      "error: --env 1A: Invalid key in record (got "1A").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["run", "--profile", "jobb", "--", "x"])).toMatchInlineSnapshot(`
      "error: --profile: Invalid option: expected one of "job"|"sandbox" (got "jobb").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["sandbox", "create", "--name", 'it\'s "mine"\n'])).toMatchInlineSnapshot(`
      "error: --name: expected a DNS label: 1 to 63 of a-z, 0-9 and inner dashes (got "it's \\"mine\\"\\n").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["sandbox", "create", "--name", ""])).toMatchInlineSnapshot(`
      "error: --name: expected a DNS label: 1 to 63 of a-z, 0-9 and inner dashes (got "").
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
    expect(await told(["sandbox", "exec", "demo"])).toMatchInlineSnapshot(`
      "error: COMMAND: expected either a command or a code block.
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 125"
    `);
    expect(await told(["sandbox", "ls", "--limit", "0"])).toMatchInlineSnapshot(`
      "error: --limit: expected at least 1 (got 0).
      hint: Correct the value named in the message; \`--help\` shows what each option takes.
      exit 2"
    `);
  });

  test("keep the contract's names for programs", async () => {
    const { stdout } = await given(["run", "--json", "--pids", "-5", "--", "x"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { details: { issues: [{ path: "pids", value: "-5" }] } } });
  });
});

describe("stdin", () => {
  test("is not read without the flag", async () => {
    expect((await given(["run", "--", "cat"], { stdin: "x" })).input).toEqual({ command: ["cat"] });
  });

  test("that is one value has a cap", async () => {
    const stdin = Buffer.alloc(16 * 1024 * 1024 + 1, "x");
    const command = ["runs", "input", "r1234567890123456789", "-i"];
    expect(await told(command, { stdin })).toMatchInlineSnapshot(`
      "error: stdin: expected at most 16 MiB (got more).
      hint: Copy large files with \`moorage sandbox cp\`, which streams them.
      exit 1"
    `);
    expect((await given(command, { stdin: stdin.subarray(1) })).input).toMatchObject({ encoding: "utf8" });
  });

  test("is read last: a slip elsewhere is told before anybody has typed a file", async () => {
    const { Readable } = await import("node:stream");
    const neverEnding = new Readable({ read: () => undefined });
    expect((await given(["run", "-i", "--memory", "x", "--", "cat"], { stdin: neverEnding })).exitCode).toBe(125);
  });
});

describe("--code-file", () => {
  const inDirectory = async (work: (directory: string) => Promise<void>): Promise<void> => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-cli-"));
    try {
      await work(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  };

  test("is read from this host, byte for byte", async () => {
    await inDirectory(async (directory) => {
      await writeFile(join(directory, "sum.py"), "\ufeffprint('é')\r\n");
      const { input } = await given(["sandbox", "exec", "demo", "--code-file", "sum.py"], { directory });
      expect(input).toEqual({ id: "demo", code: { filename: "sum.py", content: "\ufeffprint('é')\r\n" } });
    });
  });

  test("that cannot be read is told by its name", async () => {
    await inDirectory(async (directory) => {
      await writeFile(join(directory, "bytes.py"), Buffer.from([0xff]));
      await writeFile(join(directory, "big.py"), Buffer.alloc(8 * 1024 * 1024 + 1, "#"));
      const read = (name: string): Promise<string> =>
        told(["sandbox", "exec", "demo", "--code-file", name], { directory });
      expect(await read("no\nfile.py")).toMatchInlineSnapshot(`
        "error: "no\\nfile.py" on this host does not exist.
        hint: Check the spelling; relative paths start at the current directory.
        exit 125"
      `);
      expect(await read(".")).toMatchInlineSnapshot(`
        "error: "." on this host is a directory where a file is needed.
        hint: Check the spelling; relative paths start at the current directory.
        exit 125"
      `);
      expect(await read("bytes.py")).toMatchInlineSnapshot(`
        "error: --code-file: expected UTF-8 text in "bytes.py".
        hint: Copy files that are not text with \`moorage sandbox cp\`.
        exit 125"
      `);
      expect(await read("big.py")).toMatchInlineSnapshot(`
        "error: --code-file: expected at most 8 MiB of code ("big.py" has more).
        hint: Copy the file with \`moorage sandbox cp\`, then run it by its name.
        exit 125"
      `);
    });
  });
});

const RUN = "r3v9x2m7q1w8e5r4t6y0";

describe("other commands", () => {
  const failing =
    (code: ConstructorParameters<typeof MoorageError>[0]): Answer =>
    () => {
      throw new MoorageError(code, "It failed.");
    };

  test.each([
    ["NOT_FOUND", 1],
    ["INVALID_INPUT", 2],
    ["PATH_NOT_ALLOWED", 2],
    ["ENGINE_UNREACHABLE", 1],
    ["INTERNAL", 1],
  ] as const)("end with the exit code of the error: %s %i", async (code, exitCode) => {
    const { host, closed } = hostWith({ "sandbox.get": failing(code) });
    expect((await moorage(["sandbox", "get", "demo"], { host })).exitCode).toBe(exitCode);
    expect(closed()).toBe(true);
  });

  test("fail as a whole where the platform cannot be opened", async () => {
    const openPlatform = async () => {
      throw new MoorageError("ENGINE_PERMISSION", "The engine's socket /var/run/docker.sock may not be opened by you.");
    };
    const seen = await moorage(["sandbox", "ls"], { host: { openPlatform } });
    expect(seen.exitCode).toBe(1);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: The engine's socket /var/run/docker.sock may not be opened by you.
      hint: Run \`moorage doctor\`: it tells how to get access to the engine's socket.
      "
    `);
  });

  test("are canceled by Ctrl-C", async () => {
    const interruption = new AbortController();
    const { host } = hostWith({
      "sandbox.get": () => {
        interruption.abort("SIGINT");
        throw new MoorageError("CANCELED", "The operation was canceled by its caller.");
      },
    });
    const seen = await moorage(["sandbox", "get", "demo", "--json"], { host, signal: interruption.signal });
    expect(seen).toMatchObject({ exitCode: 130, stderr: "" });
    expect(JSON.parse(seen.stdout)).toMatchObject({ error: { code: "CANCELED" } });
  });

  test("say what Ctrl-C means of each stream that is neither read by GET nor a run", () => {
    const untold = OUTLINE.filter(
      ({ kind, http, cli }) =>
        kind === "stream" && http.method !== "get" && cli.runs !== true && cli.leaving === undefined,
    );
    expect(untold.map(({ name }) => name)).toEqual([]);
  });

  test.each([
    [["sandbox", "get", "demo"], "sandbox.get", "It only looked on; nothing was changed."],
    [["file", "watch", "demo"], "file.watch", "It only looked on; nothing was changed."],
    [
      ["sandbox", "stop", "demo"],
      "sandbox.stop",
      "What it had begun was ended, or is finished whole; look at what there is before you repeat it.",
    ],
    [["sandbox", "stats", "demo", "-f"], "sandbox.stats", "It only looked on; nothing was changed."],
    [["receipt", "export"], "receipt.export", "It only looked on; nothing was changed."],
    [
      ["image", "build", "--git", "https://example.org/a"],
      "image.build",
      "A build that had begun was ended and is recorded as canceled: `moorage image builds`.",
    ],
    [
      ["image", "pull", "busybox"],
      "image.pull",
      "What it had begun to get was given up; an image that was here is as it was.",
    ],
    [
      ["image", "export", "--image", "web=agent-env:a"],
      "image.export",
      "What it had begun to push was given up, and is recorded as canceled.",
    ],
    [["sandbox", "exec", "demo", "--", "make"], "sandbox.exec", "What it had begun was ended too."],
    [["runs", "attach", RUN], "run.attach", `The run goes on; follow it again with \`moorage runs attach ${RUN}\`.`],
    [["runs", "wait", RUN], "run.wait", `The run goes on; wait for it again with \`moorage runs wait ${RUN}\`.`],
  ])("tell what Ctrl-C means for what they were doing: %j", async (argv, name, hint) => {
    const interruption = new AbortController();
    const { host } = hostWith({
      [name]: () => {
        interruption.abort("SIGINT");
        throw new MoorageError("CANCELED", "The operation was canceled by its caller.");
      },
    });
    const seen = await moorage(argv, { host, signal: interruption.signal });
    expect(seen).toMatchObject({ exitCode: 130, stderr: `error: The command was canceled.\nhint: ${hint}\n` });
  });
});
