import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isMoorageError } from "../base/errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import { jsonTypeOf, valueFromText, valueFromTexts } from "./text-values.ts";

const target = (schema: JsonSchema) => ({ name: "field", schema });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isMoorageError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("Expected a refusal.");
}

describe("valueFromText", () => {
  test("gives back every number that JSON can write", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(valueFromText(JSON.stringify(number), target({ type: "number" }))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  test.each(["abc", "", " 1", "1 ", "0x10", "Infinity", "NaN", "1e", "1,5", "٣", "01", "+1"])(
    "refuses %j as a number, naming field and value",
    (text) => {
      const message = refusal(() => valueFromText(text, target({ type: "integer" })));
      expect(message).toBe(`INVALID_INPUT field: expected a number (got ${JSON.stringify(text)}).`);
    },
  );

  test("leaves bounds and fractions to the parse of the operation", () => {
    expect(valueFromText("1.5", target({ type: "integer", minimum: 1 }))).toBe(1.5);
    expect(valueFromText("-7", target({ type: "integer", minimum: 1 }))).toBe(-7);
  });

  test("knows only true and false as booleans", () => {
    expect(valueFromText("true", target({ type: "boolean" }))).toBe(true);
    expect(valueFromText("false", target({ type: "boolean" }))).toBe(false);
    for (const text of ["", "1", "yes", "TRUE"]) {
      expect(refusal(() => valueFromText(text, target({ type: "boolean" })))).toContain(JSON.stringify(text));
    }
  });

  test("keeps text as it is, whatever it looks like", () => {
    for (const text of ["", "1", "true", "null", " é\n"]) {
      expect(valueFromText(text, target({ type: "string" }))).toBe(text);
      expect(valueFromText(text, target({}))).toBe(text);
    }
  });

  test("reads objects from JSON, and nothing else as one", () => {
    expect(valueFromText('{"a":1}', target({ type: "object" }))).toEqual({ a: 1 });
    for (const text of ["[1]", "null", "3", "{", ""]) {
      expect(refusal(() => valueFromText(text, target({ type: "object" })))).toContain("expected a JSON object");
    }
  });

  test("cuts long values in its message", () => {
    const message = refusal(() => valueFromText("x".repeat(10_000), target({ type: "number" })));
    expect(message.length).toBeLessThan(200);
  });
});

describe("valueFromTexts", () => {
  test("makes a list of what was given several times, each by the type of an item", () => {
    const schema: JsonSchema = { type: "array", items: { type: "integer" } };
    expect(valueFromTexts(["1", "2"], target(schema))).toEqual([1, 2]);
    expect(valueFromTexts(["1"], target(schema))).toEqual([1]);
    expect(refusal(() => valueFromTexts(["1", "x"], target(schema)))).toContain('"x"');
  });

  test("refuses several values where one is expected", () => {
    const message = refusal(() => valueFromTexts(["1", "2"], target({ type: "integer" })));
    expect(message).toBe("INVALID_INPUT field: expected one value, got 2.");
  });
});

test("jsonTypeOf finds the one type besides null", () => {
  expect(jsonTypeOf({ type: ["integer", "null"] })).toBe("integer");
  expect(jsonTypeOf({ anyOf: [{ type: "boolean" }, { type: "null" }] })).toBe("boolean");
  expect(jsonTypeOf({ anyOf: [{ type: "boolean" }, { type: "string" }] })).toBeUndefined();
  expect(jsonTypeOf({})).toBeUndefined();
});
