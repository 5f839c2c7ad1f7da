import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { expect, test, vi } from "vitest";
import { quotedWords, SESSION_SHELL } from "./session-script.ts";

/** The shell's own text, without the choice of a shell before it. */
const loop = SESSION_SHELL.at(-1) ?? "";

/** What a process ignores, of signals 1 to 64, as bits. */
async function ignoredBy(pid: number | undefined): Promise<bigint> {
  const [, bits = ""] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return BigInt(`0x${bits}`);
}

const INT = 1n << 1n;

test.runIf(process.platform === "linux").for(["sh", "bash"])(
  "INT between commands leaves %s as it is",
  async (name) => {
    const shell = spawn(name, ["-c", loop, name], { stdio: ["pipe", "pipe", "ignore"] });
    const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value;
    // The mark of the end is held back: the shell waits for it.
    shell.stdin.write(`moorage_begin=begin1 moorage_command=${quotedWords(["echo"])}\n`);
    expect([await next(), await next()]).toEqual(["begin1", ""]);
    // What the command printed is there before the shell has left it.
    await vi.waitFor(async () => expect((await ignoredBy(shell.pid)) & INT).toBe(INT), { timeout: 20_000 });
    for (let count = 0; count < 20; count += 1) shell.kill("SIGINT");
    shell.stdin.write("end1\n");
    expect(await next()).toBe("end1 0");
    for (let count = 0; count < 20; count += 1) shell.kill("SIGINT");
    shell.stdin.write(`moorage_begin=begin2 moorage_command=${quotedWords(["echo"])}\nend2\n`);
    expect([await next(), await next(), await next()]).toEqual(["begin2", "", "end2 0"]);
    shell.stdin.end();
    expect(await once(shell, "exit")).toEqual([0, null]);
  },
);
