import { expect, test } from "vitest";

import { parseProgressLine } from "./engine-stream.ts";

test.for([
  ['{"stream":"Step 1/2 : FROM scratch\\n"}', "Step 1/2 : FROM scratch", undefined],
  ['{"status":"Pulling fs layer","id":"a1"}', "Pulling fs layer", undefined],
  ['{"errorDetail":{"message":"no"},"error":"no"}', "", "no"],
  ['{"aux":{"ID":"sha256:1"}}', "", undefined],
] as const)("%s", ([line, text, error]) => {
  expect(parseProgressLine(line)).toEqual({ text, error });
});
