#!/usr/bin/env node
import { runCli } from "../cli/cli.ts";
import { isatty, type ReadStream, type WriteStream } from "node:tty";
import type { CliHost, CliIo, Terminal } from "../cli/host.ts";
import { VERSION } from "./version.ts";

const STDIN_DESCRIPTOR = 0;

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interruption.abort(signal));

const { stdout, stderr, env } = process;
const isTerminal = stdout.isTTY && stderr.isTTY;
const io: CliIo = {
  ...(isatty(STDIN_DESCRIPTOR) && stdout.isTTY ? { terminal: terminalOf(process.stdin, stdout) } : {}),
  // Opened when it is read: most commands read nothing.
  get stdin() {
    return process.stdin;
  },
  stdout,
  stderr,
  isTerminal,
  color: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  columns: stdout.columns ?? 80,
  currentDirectory: process.cwd(),
  signal: interruption.signal,
};

function terminalOf(input: ReadStream, output: WriteStream): Terminal {
  const restore = (): void => void input.setRawMode(false);
  return {
    // Some terminals tell no size, as 0.
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    type: env["TERM"] ?? "dumb",
    setRaw: (raw) => {
      if (raw) process.once("exit", restore);
      else process.removeListener("exit", restore);
      input.setRawMode(raw);
      if (raw) leaveOutputAlone();
    },
    onResize: (listener) => {
      output.on("resize", listener);
      return () => void output.removeListener("resize", listener);
    },
  };
}

/**
 * Node's raw mode is about input alone: the terminal still puts a carriage return before each newline, and garbles what
 * programs draw that move down with one. Where there is no stty, such as on Windows, terminals do no such thing.
 */
function leaveOutputAlone(): void {
  process
    .getBuiltinModule("node:child_process")
    .spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
}

// Loaded when a command needs it, so that --version and --help answer at once.
const loaded = async (): Promise<CliHost> => (await import("./cli-host.ts")).createCliHost(env, VERSION);
const host: CliHost = {
  version: VERSION,
  openPlatform: async (options) => (await loaded()).openPlatform(options),
  serve: async (options) => (await loaded()).serve(options),
  engineProxy: async (options) => (await loaded()).engineProxy(options),
  mcp: async (options) => (await loaded()).mcp(options),
  logUnexpected: async (error) => (await loaded()).logUnexpected(error),
};

process.exitCode = await runCli(process.argv.slice(2), io, host);
