import type { Readable } from "node:stream";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import type { ReadInput, WriteInput } from "../../contracts/raw.ts";
import { cliFields, type CliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { EXIT } from "../exit-codes.ts";
import type { CliCommand, Given, Session } from "../invocation.ts";
import { operationCommand } from "./operation-command.ts";
import { present } from "./present.ts";

/** `file read`: as a stream, so that a file may be of any size; with `--json` it is the row's own answer. */
export function readCommand(operation: OutlinedOperation): CliCommand {
  const row = operationCommand(operation);
  return like(row, async (given, session) => {
    if (session.globals.json) return await row.execute(given, session);
    const input = (await textInput(operation, given, session)) as ReadInput;
    await using platform = await openPlatform(session);
    await using part = await platform.raw.read(input, { signal: session.signal });
    for await (const chunk of part.content) await session.ui.out(chunk);
    return EXIT.ok;
  });
}

/** `file write`: what comes from stdin, as it comes. */
export function writeCommand(operation: OutlinedOperation): CliCommand {
  return like(operationCommand(operation), async (given, session) => {
    const { io, ui, signal } = session;
    const input = (await textInput(operation, given, session)) as WriteInput;
    if ("isTTY" in io.stdin && io.stdin.isTTY === true) await ui.note("reading standard input; end it with Ctrl-D.");
    await using platform = await openPlatform(session);
    const written = await platform.raw.write(input, bytesOf(io.stdin, signal), { signal });
    return await present({ name: operation.name, input, output: written }, session);
  });
}

/** Its options are asked for as late as the row's. */
function like(row: CliCommand, execute: CliCommand["execute"]): CliCommand {
  return {
    words: row.words,
    summary: row.summary,
    runs: row.runs,
    get options() {
      return row.options;
    },
    get positionals() {
      return row.positionals;
    },
    execute,
  };
}

function textInput(operation: OutlinedOperation, given: Given, session: Session): Promise<Record<string, unknown>> {
  const fields = cliFields(operation);
  const flags = fields.flags.filter(({ parse }) => parse !== "stdin");
  const withoutContent: CliFields = { ...fields, flags };
  return collectInput(withoutContent, given, session);
}

function openPlatform({ globals, host }: Session) {
  return host.openPlatform({ ...(globals.engine === undefined ? {} : { engine: globals.engine }), needsImages: false });
}

/** What comes on standard input, until it ends or the command is left. */
export async function* bytesOf(stdin: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const leave = (): void => void stdin.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Uint8Array | string>) yield Buffer.from(chunk);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
