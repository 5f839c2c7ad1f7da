import { MoorageError } from "../base/errors.ts";
import type { JsonSchema } from "./json-schema.ts";

/** What a text is to become: the field's name as its reader knows it (`limit`, `--limit`), and its schema. */
export type TextTarget = { readonly name: string; readonly schema: JsonSchema };

// The grammar of numbers in JSON: no hexadecimal, no blanks, no "Infinity".
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The value of one text (a flag, a query parameter), by the type that the schema names. Only the type is settled here:
 * bounds and patterns are checked where the operation parses its input.
 * @throws INVALID_INPUT, with the value and what was expected.
 */
export function valueFromText(text: string, target: TextTarget): unknown {
  switch (jsonTypeOf(target.schema)) {
    case "integer":
    case "number":
      if (!JSON_NUMBER.test(text)) throw mismatch(target, { expected: "a number", text });
      return Number(text);
    case "boolean":
      if (text !== "true" && text !== "false") throw mismatch(target, { expected: "true or false", text });
      return text === "true";
    case "array":
      return [valueFromText(text, { name: target.name, schema: target.schema.items ?? {} })];
    case "object":
      return objectFromText(text, target);
    default:
      return text;
  }
}

/** The value of a text that was given once or more; only lists may be given more than once. */
export function valueFromTexts(texts: readonly string[], target: TextTarget): unknown {
  if (jsonTypeOf(target.schema) === "array") {
    return texts.map((text) => valueFromText(text, { name: target.name, schema: target.schema.items ?? {} }));
  }
  const [text, ...more] = texts;
  if (text === undefined || more.length > 0) {
    const message = `${target.name}: expected one value, got ${texts.length}.`;
    throw new MoorageError("INVALID_INPUT", message, { details: { field: target.name } });
  }
  return valueFromText(text, target);
}

/** The one type of a schema besides `null`; undefined where it is none or several. */
export function jsonTypeOf(schema: JsonSchema): string | undefined {
  const variants = schema.anyOf ?? schema.oneOf;
  const types = variants === undefined ? [schema.type].flat() : variants.map(jsonTypeOf);
  const distinct = new Set(types.filter((type) => type !== undefined && type !== "null"));
  const [only] = distinct;
  return distinct.size === 1 ? only : undefined;
}

function objectFromText(text: string, target: TextTarget): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw mismatch(target, { expected: "a JSON object", text, cause: error });
  }
  throw mismatch(target, { expected: "a JSON object", text });
}

type Mismatch = { readonly expected: string; readonly text: string; readonly cause?: unknown };

function mismatch(target: TextTarget, { expected, text, cause }: Mismatch): MoorageError {
  const value = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const message = `${target.name}: expected ${expected} (got ${JSON.stringify(value)}).`;
  return new MoorageError("INVALID_INPUT", message, { details: { field: target.name, value }, cause });
}
