import fc from "fast-check";
import { inlineSchema, type JsonSchema } from "../../src/contracts/json-schema.ts";
import type { Operation } from "../../src/contracts/operation.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Inputs that an operation accepts, made from its schema: every field, type and mark that it allows. */
export function arbitraryInput(operation: Operation): fc.Arbitrary<Fields> {
  return fieldsOf(inlineSchema(operation.input)).filter((input) => operation.input.safeParse(input).success);
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<Fields> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required], noNullPrototype: true });
}

function valueOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valueOf));
  switch (schema.type) {
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer({ min: numberOr(schema["minimum"], -(2 ** 31)), max: numberOr(schema["maximum"], 2 ** 31) });
    case "number":
      return fc.double({ min: numberOr(schema["minimum"], -1e9), max: 1e9, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valueOf(schema.items ?? {}), { minLength: numberOr(schema["minItems"], 0), maxLength: 5 });
    case "object":
      return schema.properties === undefined ? mapOf(schema) : fieldsOf(schema);
    default:
      throw new TypeError(`No values are known for ${JSON.stringify(schema)}.`);
  }
}

function textOf(schema: JsonSchema): fc.Arbitrary<string> {
  const { pattern } = schema;
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: "grapheme", minLength: numberOr(schema["minLength"], 0), maxLength: 30 });
}

function mapOf({ propertyNames, additionalProperties }: JsonSchema): fc.Arbitrary<unknown> {
  const names = isSchema(propertyNames) ? textOf(propertyNames) : fc.string();
  const values = isSchema(additionalProperties) ? valueOf(additionalProperties) : fc.string();
  return fc.dictionary(names, values, { maxKeys: 4, noNullPrototype: true });
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}
