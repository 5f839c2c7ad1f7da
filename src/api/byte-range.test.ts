import { expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";

test.each([
  ["bytes=0-0", { offset: 0, length: 1 }],
  ["bytes=5-9", { offset: 5, length: 5 }],
  ["bytes=7-", { offset: 7 }],
  ["bytes=-3", { offset: -3 }],
])("%s is a part", (header, part) => {
  expect(parseRange(header)).toEqual(part);
});

test.each([
  undefined,
  "",
  "bytes=",
  "bytes=-",
  "bytes=-0",
  "bytes=5-4",
  "bytes=1-2,4-5",
  "items=1-2",
  "bytes=a-b",
  "bytes=1 -2",
])("%s is passed over", (header) => {
  expect(parseRange(header)).toBeUndefined();
});
