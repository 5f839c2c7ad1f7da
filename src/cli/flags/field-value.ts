import { resolve } from "node:path";
import type { MoorageError } from "../../base/errors.ts";
import { parseBytes, parseDuration } from "../../base/quantities.ts";
import { valueFromText, valueFromTexts } from "../../contracts/text-values.ts";
import { isRepeatable, isSwitch, type CliField } from "./cli-field.ts";
import { readCodeFile } from "./code-file.ts";
import { invalidValue } from "./invalid-value.ts";

/** Fields that name a directory of this host: a server elsewhere would read a relative path from where it stands. */
const HOST_PATH_FIELDS: ReadonlySet<string> = new Set(["workspace"]);

/** The value of a field from the texts that were given for it. Host paths start at `directory`. */
export async function fieldValue(field: CliField, texts: readonly string[], directory: string): Promise<unknown> {
  const text = texts.at(-1);
  if (isSwitch(field)) return true;
  if (field.parse === "key-value") return keyValues(field, texts);
  if (text === undefined) throw invalidValue(field.label, "a value", "nothing");
  switch (field.parse) {
    case "bytes":
      return quantity(field, text, parseBytes(text));
    case "duration":
      return quantity(field, text, parseDuration(text));
    case "code-file":
      return await readCodeFile(text, { label: field.label, directory });
    default:
      if (HOST_PATH_FIELDS.has(field.name)) return text === "" ? text : resolve(directory, text);
      return isRepeatable(field) ? valueFromTexts(texts, target(field)) : valueFromText(text, target(field));
  }
}

function target({ label, schema }: CliField): Parameters<typeof valueFromText>[1] {
  return { name: label, schema };
}

function quantity(field: CliField, text: string, value: number | undefined): number {
  if (value !== undefined && Number.isSafeInteger(value)) return value;
  const expected =
    field.parse === "bytes" ? "a size such as 512m, 2g or 1048576" : "a duration such as 2 (seconds), 500ms or 1m";
  throw invalidValue(field.label, expected, text);
}

function keyValues(field: CliField, texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): readonly [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw withoutValue(field, text);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

// Taking the value from our own environment, as some tools do, would hand secrets to the sandbox by a slip of the pen.
function withoutValue(field: CliField, text: string): MoorageError {
  return invalidValue(
    field.label,
    "NAME=VALUE",
    text,
    `Write the value out, such as ${field.label} ${text === "" ? "NAME" : text}=VALUE.`,
  );
}
