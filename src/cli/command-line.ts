import { glimpse, globalsOf } from "./globals.ts";
import { listCommands } from "./commands/list-commands.ts";
import type { CliHost, CliIo } from "./host.ts";
import { EXIT } from "./exit-codes.ts";
import { tellFailure, type Failing } from "./failure.ts";
import { createUi } from "./output/ui.ts";
import { parseArgv } from "./parse-argv.ts";

/** `runCli` behind its quick answers. */
export async function runCommandLine(argv: readonly string[], io: CliIo, host: CliHost): Promise<number> {
  const hint = glimpse(argv);
  const ui = createUi(io, io.color && hint.color);
  const failing: Failing = { io, host, ui, json: hint.json, runs: false };
  const exitCode = await dispatch(argv, failing).catch((error: unknown) => tellFailure(error, failing));
  await ui.flush();
  return exitCode;
}

async function dispatch(argv: readonly string[], failing: Failing): Promise<number> {
  const { io, host, ui, json } = failing;
  const parsed = parseArgv(argv, listCommands(), { style: ui.layout.style, width: io.columns });
  if (parsed.kind === "wrong") return tellFailure(parsed.error, { ...failing, runs: parsed.command?.runs ?? false });
  if (parsed.kind === "help") {
    if (json && !argv.some(isHelpRequest)) return tellFailure(parsed.error, failing);
    await (parsed.complete ? ui.out(parsed.text) : ui.err(parsed.text));
    return parsed.complete ? EXIT.ok : EXIT.usage;
  }
  const { command, given } = parsed;
  const context = {
    ...failing,
    json: given.options.has("json"),
    runs: command.runs,
    leaving: command.leaving?.(given),
  };
  try {
    const signal = AbortSignal.any([io.signal, ui.closed]);
    return await command.execute(given, { globals: globalsOf(given.options), io, host, ui, signal });
  } catch (error) {
    return tellFailure(error, context);
  }
}

function isHelpRequest(argument: string): boolean {
  return argument === "help" || argument === "--help" || argument === "-h";
}
