import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json } from "./canonical-json.ts";

const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe("canonical JSON", () => {
  it("sorts keys and has no white space", () => {
    expect(canonicalJson({ b: [1, null], a: { d: "x", c: true } })).toBe('{"a":{"c":true,"d":"x"},"b":[1,null]}');
  });

  it("is the same after a round trip", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      }),
    );
  });

  it("does not depend on the order in which keys were written", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("has no spelling for %s", (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
