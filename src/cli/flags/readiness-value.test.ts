import { expect, it } from "vitest";
import { readinessValue } from "./readiness-value.ts";

it.each([
  ["port:8080", { port: 8080 }],
  ["http:8080", { http: { port: 8080 } }],
  ["http:8080/health?full=1", { http: { port: 8080, path: "/health?full=1" } }],
  ["log:listening on .*:80", { log: "listening on .*:80" }],
  ["port:", undefined],
  ["http:8080health", undefined],
  ['{"command":["true"]}', undefined],
])("the check %j is %j", (text, value) => {
  expect(readinessValue(text)).toEqual(value);
});
