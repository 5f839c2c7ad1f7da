import { expect, it } from "vitest";
import { Variables } from "./variables.ts";

it("a variable has its last value, if that is no longer than any name or path", () => {
  const variables = new Variables();
  variables.set("a", "one");
  variables.set("a", "two");
  variables.set("b", "b".repeat(513));
  expect(["a", "b", "c"].map((name) => variables.lookup(name))).toEqual(["two", undefined, undefined]);
});

it("values that are asked for without end have an end", () => {
  const variables = new Variables();
  variables.set("a", "a".repeat(512));
  const told = Array.from({ length: 10_000 }, () => variables.lookup("a")).filter((value) => value !== undefined);
  expect(told).toHaveLength((4 * 1024 * 1024) / 512);
});
