import { MoorageError } from "../../base/errors.ts";
import { methodOf, type StreamMethod, type UnaryMethod } from "../../contracts/method.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import { cliFields, type CliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import { optionOf, positionalOf } from "../flags/field-help.ts";
import { inFlagNames } from "../flags/flag-names.ts";
import type { CliCommand, Given, Session } from "../invocation.ts";
import { tellEvents } from "./tell-events.ts";
import { followInteractive, startInteractive } from "./follow-interactive.ts";
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
    ...(cli.rest === undefined
      ? {}
      : {
          get rest() {
            return restOf(fields());
          },
        }),
    runs: cli.runs === true,
    leaving: (given) => leavingHint(operation, given),
    execute: async (given, session) => {
      if (given.rest.length === 0 && fields().rest?.required === true) throw withoutProgram(operation, fields());
      try {
        return await call({ operation, fields: fields() }, given, session);
      } catch (error) {
        throw inFlagNames(error, fields());
      }
    },
  };
}

function restOf({ rest }: CliFields): NonNullable<CliCommand["rest"]> {
  return { required: rest?.required === true, description: rest?.schema.description ?? "" };
}

function withoutProgram({ cli }: OutlinedOperation, { flags, positionals }: CliFields): MoorageError {
  const places = positionals.map(({ label }) => `${label} `).join("");
  const needed = flags.filter(({ required }) => required).map(({ label }) => `${label} VALUE `);
  return new MoorageError("INVALID_INPUT", `moorage ${cli.command}: expected COMMAND (got nothing).`, {
    hint: `Write it behind --, such as: moorage ${cli.command} ${needed.join("")}${places}-- echo hello`,
  });
}

function leavingHint({ cli, http }: OutlinedOperation, { positionals }: Given): string {
  const { leaving, positionals: names = [], runs } = cli;
  if (leaving !== undefined) {
    return leaving.replaceAll(/\{(\w+)\}/g, (_braced, name: string) => positionals[names.indexOf(name)] ?? name);
  }
  if (runs === true) return "What it had begun was ended too.";
  if (http.method === "get") return "It only looked on; nothing was changed.";
  return "What it had begun was ended, or is finished whole; look at what there is before you repeat it.";
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
    return await present({ name: operation.name, input, output: await unary(input, { signal }) }, session);
  }
  const stream: StreamMethod = methodOf(platform, operation);
  if (input["interactive"] === true) {
    const start = (untilLeft: AbortSignal) => stream(input, { signal: untilLeft });
    const follow = input["background"] === true ? startInteractive : followInteractive;
    return await follow({ start, run: platform.run, tty: input["tty"] !== undefined }, session);
  }
  const events = stream(input, { signal });
  return await (operation.cli.runs === true ? followRun(events, session) : tellEvents(operation.name, events, session));
}
