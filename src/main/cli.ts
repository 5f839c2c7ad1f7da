#!/usr/bin/env node
import { runCli } from "../cli/cli.ts";
import type { CliHost, CliIo } from "../cli/host.ts";
import { VERSION } from "./version.ts";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interruption.abort(signal));

const { stdin, stdout, stderr, env } = process;
const isTerminal = stdout.isTTY && stderr.isTTY;
const io: CliIo = {
  stdin,
  stdout,
  stderr,
  isTerminal,
  color: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  columns: stdout.columns ?? 80,
  currentDirectory: process.cwd(),
  signal: interruption.signal,
};

// Loaded when a command needs it, so that --version and --help answer at once.
const loaded = async (): Promise<CliHost> => (await import("./cli-host.ts")).createCliHost(env, VERSION);
const host: CliHost = {
  version: VERSION,
  openPlatform: async (options) => (await loaded()).openPlatform(options),
  serve: async (options) => (await loaded()).serve(options),
  mcp: async (options) => (await loaded()).mcp(options),
  logUnexpected: async (error) => (await loaded()).logUnexpected(error),
};

process.exitCode = await runCli(process.argv.slice(2), io, host);
