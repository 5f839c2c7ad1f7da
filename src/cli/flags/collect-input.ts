import { MoorageError } from "../../base/errors.ts";
import type { Given, Session } from "../invocation.ts";
import { alwaysReadsStdin, type CliField, type CliFields } from "./cli-field.ts";
import { readDockerfile } from "./dockerfile.ts";
import { fieldValue } from "./field-value.ts";
import { readSecretFile } from "./secret-file.ts";
import { readStdin } from "./read-stdin.ts";

/** The operation's input from what was given. Types are settled here; what is allowed is for the operation to say. */
export async function collectInput(
  fields: CliFields,
  given: Given,
  session: Session,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const [index, field] of fields.positionals.entries()) {
    const text = given.positionals[index];
    if (text !== undefined) input[field.name] = await valueOf(field, [text], session);
  }
  for (const field of fields.flags) {
    const texts = given.options.get(field.flag);
    if (texts !== undefined && field.parse === "terminal") input[field.name] = terminalSize(session);
    else if (texts !== undefined && field.parse !== "stdin") input[field.name] = await valueOf(field, texts, session);
    else if (field.required && field.parse !== "stdin") throw missing(field);
  }
  const { rest } = fields;
  if (rest !== undefined && (rest.required || given.rest.length > 0)) input[rest.name] = given.rest;
  // Last, so that a slip in another option is told before anybody has typed a file.
  return { ...input, ...(await stdinInput(fields, given, session)) };
}

async function valueOf(field: CliField, texts: readonly string[], session: Session): Promise<unknown> {
  if (field.parse === "dockerfile") return readDockerfile(texts.at(-1) ?? "", field.label, session);
  if (field.parse === "secret-file") return readSecretFile(texts.at(-1) ?? "", field.label, session);
  return fieldValue(field, texts, session.io.currentDirectory);
}

/** Of a terminal that nobody sits at: what programs expect where they are told nothing. */
const USUAL_SIZE = { columns: 80, rows: 24 };

function terminalSize({ io }: Session): { readonly columns: number; readonly rows: number } {
  return io.terminal?.size() ?? USUAL_SIZE;
}

async function stdinInput(fields: CliFields, given: Given, session: Session): Promise<Record<string, unknown>> {
  const field = fields.flags.find(({ parse }) => parse === "stdin");
  if (field === undefined || !(alwaysReadsStdin(field) || given.options.has(field.flag))) return {};
  const { text, encoding } = await readStdin(session);
  const companion = fields.names.has(`${field.name}Encoding`) ? `${field.name}Encoding` : "encoding";
  return { [field.name]: text, [companion]: encoding };
}

function missing({ label, name }: CliField): MoorageError {
  return new MoorageError("INVALID_INPUT", `${label}: expected a value, for it is required (got nothing).`, {
    hint: `Add ${label} VALUE; --help tells what it takes.`,
    details: { field: name },
  });
}
