import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { busyboxSandbox, openHome, type Home } from "../fixtures/command-line.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { openTerminal, type TestTerminal } from "../fixtures/terminal.ts";

const MOORAGE = resolve(import.meta.dirname, "../../bin/moorage");
const PATIENCE_MS = 60_000;
/** Some shells ask the terminal something behind it. */
const PROMPT = /[#$] /;
const SMALL = { columns: 71, rows: 21 };
const LARGE = { columns: 133, rows: 37 };
/** Tells rows and columns at first, and whenever the kernel says that they changed. */
const TELL_SIZE = `trap 'echo "now $(stty size) ."' WINCH; echo "at first $(stty size) ."; while :; do sleep 0.1; done`;

const WITHOUT = "without one";

const WAYS = [
  // The id of the run that goes on.
  ["with a server", /^[a-z][a-z0-9]{19}\r*$/m, 0],
  [WITHOUT, /warning: .*needs a server that\s+stays/s, 3],
] as const;

describe.each(WAYS)("a terminal of a sandbox on docker, %s", (way, told, code) => {
  let home: Home;
  let server: RunningServer | undefined;

  beforeAll(async () => {
    home = await openHome();
    if (way !== WITHOUT) server = await startServer(home);
    await busyboxSandbox(home, "--name", "box");
  }, PATIENCE_MS);

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  }, PATIENCE_MS);

  const running = async (): Promise<readonly { runId: string }[]> => {
    const { stdout } = await home.moorage(["sandbox", "runs", "box", "--json"]);
    const { items } = JSON.parse(stdout) as { items: { runId: string; status: string }[] };
    return items.filter(({ status }) => status === "running");
  };
  const open = (line: string): Promise<TestTerminal> => openTerminal(home, line, SMALL);

  it("has the size of the caller's, and a program inside hears when that changes", async () => {
    await using terminal = await open(
      `${MOORAGE} sandbox exec --tty -i box -- sh -c '${TELL_SIZE.replaceAll("'", `'\\''`)}'`,
    );
    expect(await terminal.until(/at first .*\./)).toContain("at first 21 71 .");
    await terminal.resize(LARGE);
    expect(await terminal.until(/now 37 133 \./)).not.toContain("at first");
    await terminal.resize(SMALL);
    await terminal.until(/now 21 71 \./);
    terminal.type("\u0003");
    await terminal.end();
  });

  it("is a shell that keeps what was typed, follows the window, and gives the terminal back as it was", async () => {
    await using terminal = await open(`stty -echo; ${MOORAGE} sandbox shell box; echo "code $? ."; stty -a; stty size`);
    await terminal.until(PROMPT);
    terminal.type("cd /tmp; X=4; stty size\r");
    await terminal.until(/21 71\r+\n/);
    await terminal.resize(LARGE);
    // The news of a window come a little after it, as on any terminal that is far away.
    terminal.type('until [ "$(stty size)" = "37 133" ]; do sleep 0.1; done; echo "$(pwd) $((X+1)) $(tty) $TERM ."\r');
    await terminal.until(/\/tmp 5 \/dev\/pts\/\d+ xterm \./);
    // A program of its own takes the interruption: what a shell does with one at its prompt depends on the moment.
    terminal.type(`sh -c 'trap "echo caught; exit" INT; echo $((6*7)) .; while :; do sleep 0.1; done'\r`);
    await terminal.until(/42 \./);
    terminal.type("\u0003");
    await terminal.until(/caught/);
    terminal.type("exit 7\r");
    const seen = await terminal.end();
    expect(seen).toContain("code 7 .\r\n");
    expect(seen).toMatch(/[^-]icanon/);
    expect(seen).toMatch(/37 133\r\n$/);
  });

  it("shows to the byte what a program draws that has made its own terminal raw", async () => {
    await using terminal = await open(`${MOORAGE} sandbox exec --tty -i box -- sh -c 'stty raw; printf "a\\nb\\n."'`);
    expect(await terminal.until(/b\r*\n\./)).toMatch(/a\nb\n\.$/);
    await terminal.end();
  });

  it("that is hung up ends what runs on it", async () => {
    await using terminal = await open(`${MOORAGE} sandbox shell box`);
    await terminal.until(PROMPT);
    terminal.type("echo $((40+2)); sleep 600\r");
    await terminal.until(/42\r+\n/);
    await terminal[Symbol.asyncDispose]();
    await expect.poll(running, { timeout: PATIENCE_MS / 2, interval: 200 }).toEqual([]);
  });

  it("is left by the detach keys where a server keeps its program, and goes on where there is none", async () => {
    await using terminal = await open(`${MOORAGE} sandbox shell box; echo "code $? ."`);
    await terminal.until(PROMPT);
    terminal.type("\u0010\u0011");
    await terminal.until(told);
    terminal.type("exit 3\r");
    expect(await terminal.end()).toContain(`code ${code} .`);
    const kept = await running();
    expect(kept).toHaveLength(code === 0 ? 1 : 0);
    for (const { runId } of kept) expect(await home.moorage(["runs", "kill", runId])).toMatchObject({ code: 0 });
  });

  it("is told to be none by the process engine", async () => {
    const made = await home.moorage(["sandbox", "create", "--engine", "process", "--name", "plain"]);
    expect(made).toMatchObject({ code: 0 });
    await using terminal = await open(`${MOORAGE} sandbox shell plain; echo "code $? ."`);
    expect(await terminal.end()).toMatch(/error: .*terminal.*hint: .*code 125 \./s);
  });
});
