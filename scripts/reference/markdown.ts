import { jsonTypeOf } from "../../src/contracts/text-values.ts";
import type { InputField, JsonSchema } from "../../src/contracts/json-schema.ts";

/** A page of Markdown that is written from the code. */
export function page(title: string, sections: readonly string[]): string {
  const head = [`# ${title}`, "<!-- Written by `npm run generate`; changes here are lost. -->"];
  return `${[...head, ...sections.filter((section) => section !== "")].join("\n\n")}\n`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** What a field says of itself: its description and its default. */
export function described({ description, default: value }: JsonSchema): string {
  const standard = value === undefined ? undefined : `Default: ${code(JSON.stringify(value))}.`;
  return [description, standard].filter((part) => part !== undefined).join(" ");
}

export function fieldsOf({ properties = {}, required = [] }: JsonSchema): readonly InputField[] {
  return Object.entries(properties).map(([name, schema]) => ({ name, schema, required: required.includes(name) }));
}

/** The type of a value as people write it; shared schemas by their name, through `link`. */
export function typeText(schema: JsonSchema, link: (name: string) => string): string {
  const { $ref, anyOf, oneOf, type, items, additionalProperties, properties } = schema;
  if (typeof $ref === "string") return link($ref);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(" or ");
  const variants = anyOf ?? oneOf;
  if (variants !== undefined) return variants.map((variant) => typeText(variant, link)).join(" or ");
  if (items !== undefined) return `list of ${typeText(items, link)}`;
  if (properties !== undefined) return `object with ${Object.keys(properties).map(code).join(", ")}`;
  if (typeof additionalProperties === "object") return `map of ${typeText(additionalProperties, link)}`;
  if (type === "null") return "null";
  const nullable = Array.isArray(type) && type.includes("null");
  return `${jsonTypeOf(schema) ?? "any"}${nullable ? " or null" : ""}`;
}
