#!/usr/bin/env node
import { runCli } from "../cli/cli.ts";
import type { CliIo } from "../cli/host.ts";
import { createCliHost } from "./cli-host.ts";
import { VERSION } from "./version.ts";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort(signal));

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

process.exitCode = await runCli(process.argv.slice(2), io, createCliHost(env, VERSION));
