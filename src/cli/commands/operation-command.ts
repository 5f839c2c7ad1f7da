import { methodOf, type NamedOperation, type StreamMethod, type UnaryMethod } from "../../contracts/platform.ts";
import { cliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { optionOf, positionalOf } from "../flags/field-help.ts";
import { inFlagNames } from "../flags/flag-names.ts";
import type { CliCommand, Given, Session } from "../invocation.ts";
import { exportLines } from "./export-lines.ts";
import { followRun } from "./follow-run.ts";
import { present } from "./present.ts";

/** The command of a row of the operations table. */
export function operationCommand(named: NamedOperation): CliCommand {
  const { cli, summary } = named.operation;
  const fields = cliFields(named);
  return {
    words: cli.command.split(" "),
    summary,
    options: fields.flags.map(optionOf),
    positionals: fields.positionals.map(positionalOf),
    ...(fields.rest === undefined ? {} : { rest: { required: fields.rest.required } }),
    runs: cli.runs === true,
    execute: async (given, session) => {
      try {
        return await call(named, given, session);
      } catch (error) {
        throw inFlagNames(error, fields);
      }
    },
  };
}

async function call(named: NamedOperation, given: Given, session: Session): Promise<number> {
  const { operation, name } = named;
  const { globals, host, signal } = session;
  const input = await collectInput(cliFields(named), given, session);
  const engine = globals.engine === undefined ? {} : { engine: globals.engine };
  await using platform = await host.openPlatform({ ...engine, needsImages: input["image"] !== undefined });
  if (operation.kind === "unary") {
    const unary: UnaryMethod = methodOf(platform, named);
    return await present(name, await unary(input, { signal }), session);
  }
  const stream: StreamMethod = methodOf(platform, named);
  const events = stream(input, { signal });
  return await (operation.cli.runs === true ? followRun(events, session) : exportLines(events, session));
}
