import { argumentsBytes, MAX_ARGUMENT_BYTES, MAX_ARGUMENTS_BYTES } from "../base/argument-size.ts";
import { MoorageError } from "../base/errors.ts";
import type { JobSpec, UnitSpec } from "./engine.ts";

const HINT = { hint: "Pass large data by a file or by stdin." };

type Started = { readonly command?: readonly string[] | undefined; readonly env: Readonly<Record<string, string>> };

/**
 * INVALID_INPUT for what the kernel would not start a program with. To be asked before anything is made: engines tell it
 * late and each in its own way, some as an exit code of the program.
 */
export function refuseOversize({ command = [], env }: Started): void {
  const variables = Object.entries(env).map(([name, value]) => ({ name, text: `${name}=${value}` }));
  for (const text of command) refuseLong("One argument", text);
  for (const { name, text } of variables) refuseLong(`The variable ${name}`, text);
  const bytes = argumentsBytes([...command, ...variables.map(({ text }) => text)]);
  if (bytes <= MAX_ARGUMENTS_BYTES) return;
  const message = `Arguments and environment take ${bytes} bytes; the kernel passes at most ${MAX_ARGUMENTS_BYTES}.`;
  throw new MoorageError("INVALID_INPUT", message, HINT);
}

/** The same of what a unit is made with. */
export function refuseOversizeUnit(spec: UnitSpec | JobSpec): void {
  refuseOversize({ command: "command" in spec ? spec.command : spec.main?.command, env: spec.env });
}

function refuseLong(what: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_ARGUMENT_BYTES) return;
  const message = `${what} takes ${bytes} bytes; the kernel passes at most ${MAX_ARGUMENT_BYTES} in one.`;
  throw new MoorageError("INVALID_INPUT", message, HINT);
}
