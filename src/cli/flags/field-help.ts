import { formatBytes, formatDuration } from "../../base/quantities.ts";
import type { JsonSchema } from "../../contracts/json-schema.ts";
import { jsonTypeOf } from "../../contracts/text-values.ts";
import type { OptionSpec, PositionalSpec } from "../invocation.ts";
import { alwaysReadsStdin, isRepeatable, isSwitch, type CliField } from "./cli-field.ts";

/** What stands for the value of a flag in help, as in `--memory <size>`. */
const VALUE_NAMES = {
  bytes: "size",
  duration: "duration",
  "key-value": "name=value",
  "host-directory": "directory",
  workspace: "place",
  "code-file": "file",
  dockerfile: "file",
  "secret-file": "file",
  port: "port",
  readiness: "check",
  stdin: "",
  terminal: "",
};

const WRITTEN_AS: Readonly<Record<string, string>> = {
  bytes: "Written as 512m, 2g or a number of bytes.",
  duration: "Written as 2 (seconds), 500ms or 1m.",
  "key-value": "May be given more than once.",
  port: "Written as 8080 or auto:8080 (a free port of the host), 18080:8080 (the host's first) or 53/udp. May be given more than once.",
  readiness: "Written as port:8080, http:8080/health, log:PATTERN, or as JSON.",
  "code-file": "Read from a file of this host.",
  "secret-file":
    "Read from a file of this host, or with - from standard input: what stands in a command line is seen by others.",
  dockerfile: "Read from a file of this host, or with - from standard input.",
};

export function optionOf(field: CliField): OptionSpec {
  const takes = isSwitch(field) ? undefined : valueName(field);
  return {
    flag: field.flag,
    ...(field.short === undefined ? {} : { short: field.short }),
    ...(takes === undefined ? {} : { takes }),
    repeatable: isRepeatable(field),
    required: field.required && field.parse !== "stdin",
    description: describe(field),
  };
}

export function positionalOf(field: CliField): PositionalSpec {
  return { name: field.label, required: field.required, description: describe(field) };
}

function valueName(field: CliField): string {
  const { parse, schema, flag } = field;
  if (parse !== undefined) return VALUE_NAMES[parse];
  const values = schema.enum;
  if (values !== undefined && !isLong(values)) return values.join("|");
  const type = jsonTypeOf(schema);
  return type === "integer" || type === "number" ? "n" : (flag.split("-").at(-1) ?? flag);
}

/** Too long to stand beside its flag on a narrow terminal. */
function isLong(values: readonly unknown[]): boolean {
  return values.join("|").length > 24;
}

function describe(field: CliField): string {
  const { parse, schema, label, required } = field;
  if (alwaysReadsStdin(field)) return "The content is read from standard input, also without this flag.";
  if (parse === "stdin") return "Pass standard input on, read to its end first; at most 16 MiB.";
  const need = required && label.startsWith("--") ? "Required." : undefined;
  const choice = schema.enum !== undefined && isLong(schema.enum) ? `One of ${schema.enum.join(", ")}.` : undefined;
  const parts = [withoutUnit(schema.description), choice, WRITTEN_AS[parse ?? ""], need, defaultText(schema, parse)];
  return parts.filter((part) => part !== undefined).join(" ");
}

// The contract's unit is not the command line's, where a size or a duration names its own.
function withoutUnit(description: string | undefined): string | undefined {
  return description?.replace(/,? in (?:milliseconds|bytes)\b/, "");
}

function defaultText({ default: value }: JsonSchema, parse: CliField["parse"]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && parse === "duration") return `(default: ${formatDuration(value)})`;
  if (typeof value === "number" && parse === "bytes") return `(default: ${formatBytes(value)})`;
  return `(default: ${typeof value === "string" ? value : JSON.stringify(value)})`;
}
