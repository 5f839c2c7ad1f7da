import { z } from "zod";
import type { Operation } from "./operation.ts";

/** The keywords of JSON Schema that contracts use; others may be there. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly [keyword: string]: unknown;
};

/** A schema, and the shared schemas that its `$ref`s name. */
export type EmittedSchema = {
  readonly schema: JsonSchema;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
};

/** One field of an operation's input. */
export type InputField = { readonly name: string; readonly schema: JsonSchema; readonly required: boolean };

const LOCAL_PREFIX = "#/$defs/";

/** JSON Schema of a contract. Schemas with an id stay apart, and are referred to as `refPrefix` and the id. */
export function emitSchema(schema: z.ZodType, refPrefix: string): EmittedSchema {
  const { $schema: _dialect, $defs = {}, ...root } = generate(schema);
  const renamed = (part: JsonSchema): JsonSchema =>
    rewriteRefs(part, (name, siblings) => ({ $ref: `${refPrefix}${name}`, ...siblings }));
  const definitions = Object.entries(asDefinitions($defs)).map(([name, part]) => [name, renamed(part)] as const);
  return { schema: renamed(root), definitions: Object.fromEntries(definitions) };
}

/** JSON Schema of a contract in one piece: shared schemas are written out where they are used. */
export function inlineSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, $defs = {}, ...root } = generate(schema);
  const definitions = asDefinitions($defs);
  const inlined = (part: JsonSchema): JsonSchema =>
    rewriteRefs(part, (name, siblings) => ({ ...inlined(definitions[name] ?? {}), ...siblings }));
  return inlined(root);
}

/** The fields of an operation's input, in the order of the contract. */
export function inputFields(operation: Pick<Operation, "input">): readonly InputField[] {
  const { properties = {}, required = [] } = inlineSchema(operation.input);
  return Object.entries(properties).map(([name, schema]) => ({ name, schema, required: required.includes(name) }));
}

// Contracts hold no transforms, so input and output have one shape; the input form leaves plain objects open, and
// answers may gain fields. The bounds of safe integers, which every integer has, would only be noise.
function generate(schema: z.ZodType): JsonSchema {
  const generated: unknown = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return isSchema(generated) ? generated : {};
}

type RefRewriter = (name: string, siblings: JsonSchema) => JsonSchema;

function rewriteRefs(schema: JsonSchema, rewrite: RefRewriter): JsonSchema {
  const { $ref, ...rest } = schema;
  const keywords = Object.entries(rest).map(([key, value]) => [key, rewriteWithin(value, rewrite)] as const);
  const siblings: JsonSchema = Object.fromEntries(keywords);
  if (typeof $ref !== "string" || !$ref.startsWith(LOCAL_PREFIX)) return siblings;
  return rewrite($ref.slice(LOCAL_PREFIX.length), siblings);
}

function rewriteWithin(value: unknown, rewrite: RefRewriter): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => rewriteWithin(item, rewrite));
  return isSchema(value) ? rewriteRefs(value, rewrite) : value;
}

function asDefinitions(value: unknown): Readonly<Record<string, JsonSchema>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])));
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
