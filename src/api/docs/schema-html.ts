import type { JsonSchema } from "../../contracts/json-schema.ts";
import { markup, prose, type Markup } from "./markup.ts";

const SCHEMAS = "#/components/schemas/";

/** A schema's type in a few words; other schemas are links. */
export function typeHtml(schema: JsonSchema): Markup {
  const { $ref, type, items, anyOf, oneOf, additionalProperties } = schema;
  if (typeof $ref === "string") return linkTo($ref);
  if (schema.const !== undefined) return markup`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined)
    return joined(schema.enum.map((value) => markup`<code>${JSON.stringify(value)}</code>`));
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return joined(choices.map(typeHtml));
  if (type === "array") return markup`list of ${typeHtml(items ?? {})}`;
  if (type === "object" && typeof additionalProperties === "object")
    return markup`map of ${typeHtml(additionalProperties)}`;
  return markup`${typeof type === "string" ? type : (type?.join(" or ") ?? "anything")}`;
}

function linkTo($ref: string): Markup {
  const name = $ref.slice(SCHEMAS.length);
  return markup`<a href="#schema-${name}">${name}</a>`;
}

function joined(parts: readonly Markup[]): Markup {
  return markup`${parts.map((part, index) => (index === 0 ? part : markup` or ${part}`))}`;
}

export type FieldRow = {
  readonly name: string;
  /** Where it stands: `path`, `query`, `header` or `body`; undefined in a schema. */
  readonly place?: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly description?: string | undefined;
};

export function fieldsTable(rows: readonly FieldRow[]): Markup {
  if (rows.length === 0) return markup``;
  return markup`<dl class="fields">${rows.map(fieldHtml)}</dl>`;
}

function fieldHtml({ name, place, schema, required, description = schema.description ?? "" }: FieldRow): Markup {
  const where = place === undefined ? undefined : markup` <span class="place">${place}</span>`;
  const needed = required ? markup` <span class="required">required</span>` : undefined;
  return markup`<div>
    <dt><code>${name}</code>${where}${needed}</dt>
    <dd>
      <span class="type">${typeHtml(schema)}${boundsOf(schema)}</span
      >${description === "" ? undefined : markup`<p>${prose(description)}</p>`}
    </dd>
  </div>`;
}

/** What is in the range, as one reads it: `1 to 512 characters`. */
function boundsOf(schema: JsonSchema): Markup[] {
  const parts = [
    rangeOf(schema["minimum"], schema["maximum"], ""),
    rangeOf(schema["minLength"], schema["maxLength"], " characters"),
    rangeOf(schema["minItems"], schema["maxItems"], " items"),
  ].flatMap((range) => (range === undefined ? [] : [markup`, ${range}`]));
  return schema.default === undefined
    ? parts
    : [...parts, markup`, <code>${JSON.stringify(schema.default)}</code> by default`];
}

function rangeOf(least: unknown, most: unknown, unit: string): string | undefined {
  const from = typeof least === "number" && least !== 0 ? least : undefined;
  if (typeof most !== "number") return from === undefined ? undefined : `from ${from}${unit}`;
  return from === undefined ? `up to ${most}${unit}` : `${from} to ${most}${unit}`;
}

export function schemaRows({ properties = {}, required = [] }: JsonSchema, place?: string): FieldRow[] {
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, schema, required: required.includes(name) },
    ...(place === undefined ? {} : { place }),
  }));
}
