import { resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { parseBytes, parseDuration } from "../../base/quantities.ts";
import { valueFromText, valueFromTexts } from "../../contracts/text-values.ts";
import { isRepeatable, isSwitch, type CliField } from "./cli-field.ts";
import { portValue } from "./port-value.ts";
import { readinessValue } from "./readiness-value.ts";
import { readCodeFile } from "./code-file.ts";
import { invalidValue } from "./invalid-value.ts";

/** The value of a field from the texts that were given for it. Host paths start at `directory`. */
export async function fieldValue(field: CliField, texts: readonly string[], directory: string): Promise<unknown> {
  const text = texts.at(-1);
  if (isSwitch(field)) return true;
  if (field.parse === "key-value") return keyValues(field, texts);
  if (field.parse === "port") return texts.map((one) => portValue(field.label, one));
  if (text === undefined) throw new TypeError(`The command line gave ${field.label} no value.`);
  switch (field.parse) {
    case "bytes":
      return quantity(field, text, parseBytes(text));
    case "duration":
      return quantity(field, text, parseDuration(text));
    case "code-file":
      return await readCodeFile(text, { label: field.label, directory });
    case "readiness":
      return readinessValue(text) ?? readinessJson(field, text);
    case "host-directory":
      return hostPath(text, directory);
    case "workspace":
      return text.startsWith("volume:") ? text : hostPath(text, directory);
    default:
      return isRepeatable(field) ? valueFromTexts(texts, target(field)) : valueFromText(text, target(field));
  }
}

function readinessJson(field: CliField, text: string): unknown {
  if (text.startsWith("{")) return valueFromText(text, target(field));
  throw invalidValue(field.label, { expected: "port:8080, http:8080/health, log:PATTERN or JSON", got: text });
}

/** Made absolute here: a server would read a relative path from where it stands itself. */
function hostPath(text: string, directory: string): string {
  return text === "" ? text : resolve(directory, text);
}

function target({ label, schema }: CliField): Parameters<typeof valueFromText>[1] {
  return { name: label, schema };
}

function quantity({ label, parse }: CliField, text: string, value: number | undefined): number {
  if (value !== undefined && Number.isSafeInteger(value)) return value;
  const size = "a size such as 512m, 2g or 1048576";
  const duration = "a duration such as 2 (seconds), 500ms or 1m";
  throw invalidValue(label, { expected: parse === "bytes" ? size : duration, got: text });
}

function keyValues({ label }: CliField, texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): readonly [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw withoutName(label, at);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

// The text is not shown, for it may be the secret itself. Nor is a bare NAME's value taken from our own environment, as
// some tools do: a slip of the pen would hand it to the sandbox.
function withoutName(label: string, at: number): MoorageError {
  const message = `${label}: expected NAME=VALUE (got ${at === 0 ? "no name before the =" : "no ="}).`;
  const hint = `Write both out, such as ${label} CI=1; nothing is taken from this shell's environment.`;
  return new MoorageError("INVALID_INPUT", message, { hint, details: { field: label } });
}
