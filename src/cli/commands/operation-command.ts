import { methodOf, type StreamMethod, type UnaryMethod } from "../../contracts/method.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import { cliFields, type CliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { optionOf, positionalOf } from "../flags/field-help.ts";
import { inFlagNames } from "../flags/flag-names.ts";
import type { CliCommand, Given, Session } from "../invocation.ts";
import { exportLines } from "./export-lines.ts";
import { followInteractive } from "./follow-interactive.ts";
import { followRun } from "./follow-run.ts";
import { present } from "./present.ts";

/** The command of a row of the operations table. Its schema is read only where its options are asked for. */
export function operationCommand(operation: OutlinedOperation): CliCommand {
  const { cli, summary } = operation;
  const fields = once(() => cliFields(operation));
  return {
    words: cli.command.split(" "),
    summary,
    get options() {
      return fields().flags.map(optionOf);
    },
    get positionals() {
      return fields().positionals.map(positionalOf);
    },
    ...(cli.rest === undefined ? {} : { rest: true }),
    runs: cli.runs === true,
    execute: async (given, session) => {
      try {
        return await call({ operation, fields: fields() }, given, session);
      } catch (error) {
        throw inFlagNames(error, fields());
      }
    },
  };
}

function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
}

type Row = { readonly operation: OutlinedOperation; readonly fields: CliFields };

async function call({ operation, fields }: Row, given: Given, session: Session): Promise<number> {
  const { globals, host, signal } = session;
  const input = await collectInput(fields, given, session);
  const engine = globals.engine === undefined ? {} : { engine: globals.engine };
  await using platform = await host.openPlatform({ ...engine, needsImages: input["image"] !== undefined });
  if (operation.kind === "unary") {
    const unary: UnaryMethod = methodOf(platform, operation);
    return await present(operation.name, await unary(input, { signal }), session);
  }
  const stream: StreamMethod = methodOf(platform, operation);
  if (input["interactive"] === true && input["background"] !== true) {
    const start = (untilLeft: AbortSignal) => stream(input, { signal: untilLeft });
    return await followInteractive({ start, run: platform.run, tty: input["tty"] !== undefined }, session);
  }
  const events = stream(input, { signal });
  return await (operation.cli.runs === true ? followRun(events, session) : exportLines(events, session));
}
