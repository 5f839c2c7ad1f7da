import type { FlagBinding } from "../../contracts/operation.ts";
import type { InputField } from "../../contracts/json-schema.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import { jsonTypeOf } from "../../contracts/text-values.ts";

type Parse = NonNullable<FlagBinding["parse"]>;

/** A field of an operation's input that is given as a flag or as a positional. */
export type CliField = InputField & {
  /** As a reader knows it: `--memory` or `ID`. */
  readonly label: string;
  /** Name of the flag without dashes. */
  readonly flag: string;
  readonly short?: string;
  readonly parse?: Parse;
};

/** How the fields of an operation's input are given on the command line. */
export type CliFields = {
  readonly flags: readonly CliField[];
  readonly positionals: readonly CliField[];
  /** The field of a program and its arguments. */
  readonly rest?: CliField;
  /** All fields of the input, offered or not. */
  readonly names: ReadonlySet<string>;
};

export function cliFields(operation: OutlinedOperation): CliFields {
  const { positionals = [], rest, flags = {} } = operation.cli;
  const fields = operation.fields.map((field) => cliField(field, flags[field.name] ?? {}));
  const named = (name: string): CliField[] => fields.filter((field) => field.name === name);
  const [restField] = rest === undefined ? [] : named(rest);
  return {
    flags: fields.filter(({ name }) => !positionals.includes(name) && name !== rest && flags[name]?.offered !== false),
    positionals: positionals.flatMap(named).map((field) => ({ ...field, label: kebabCase(field.name).toUpperCase() })),
    ...(restField === undefined ? {} : { rest: restField }),
    names: new Set(fields.map(({ name }) => name)),
  };
}

/** True for a flag that is given without a value. */
export function isSwitch(field: CliField): boolean {
  return (
    field.parse === "stdin" ||
    field.parse === "terminal" ||
    (field.parse === undefined && jsonTypeOf(field.schema) === "boolean")
  );
}

export function isRepeatable(field: CliField): boolean {
  return (
    field.parse === "key-value" ||
    field.parse === "port" ||
    (field.parse === undefined && jsonTypeOf(field.schema) === "array")
  );
}

/** True for content that is read from stdin whether a flag says so or not. */
export function alwaysReadsStdin(field: CliField): boolean {
  return field.parse === "stdin" && field.required;
}

function cliField(field: InputField, binding: FlagBinding): CliField {
  const flag = binding.flag ?? (binding.parse === "stdin" ? "stdin" : kebabCase(field.name));
  return {
    ...field,
    label: `--${flag}`,
    flag,
    ...(binding.short === undefined ? {} : { short: binding.short }),
    ...(binding.parse === undefined ? {} : { parse: binding.parse }),
  };
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
