import { describe, expect, test } from "vitest";
import { fillPath, queryOf } from "./request-target.ts";

describe("fillPath", () => {
  test("puts fields into the path and tells what is left", () => {
    expect(fillPath("/v1/a/{id}/b", { id: "x y/é?#", limit: 3, gone: undefined })).toEqual({
      path: "/v1/a/x%20y%2F%C3%A9%3F%23/b",
      rest: { limit: 3 },
    });
  });

  test.each([undefined, "", ".", "..", 3, null])("refuses %j, which would lead to another route", (id) => {
    expect(() => fillPath("/v1/a/{id}", { id })).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  });
});

test("queryOf writes texts as they are, other values as JSON, and lists by repeating the name", () => {
  expect(queryOf({})).toBe("");
  expect(queryOf({ a: "b&c=1", n: 1.5, t: true, l: ["x", 2], o: { k: "v" } })).toBe(
    "?a=b%26c%3D1&n=1.5&t=true&l=x&l=2&o=%7B%22k%22%3A%22v%22%7D",
  );
});
