import { expect, it } from "vitest";
import { networkVerdict } from "./network-verdict.ts";

const PROXY = "http://10.213.0.1:20123";

it.each([
  ["nothing answered", "end", "ok", "reached none."],
  ["the proxy alone answered", `open 10.213.0.1:20123\nend ${PROXY}`, "ok", "reached none; its egress proxy answered."],
  ["the host answered", "open 192.0.2.2:4000\nend", "failed", "A job reached 192.0.2.2:4000, which it must not."],
  [
    "the host answered beside the proxy",
    `open 10.213.0.1:20123\nopen 10.213.0.1:4000\nend ${PROXY}`,
    "failed",
    "A job reached 10.213.0.1:4000, which it must not.",
  ],
  ["the proxy did not", `end ${PROXY}`, "failed", "A job does not reach its egress proxy at 10.213.0.1:20123."],
  ["there is no program to connect with", "missing\nend", "warning", "it has nothing to connect with."],
  ["the look was cut off", "open 192.0.2.2:4000", "warning", "the look ended with 137."],
])("%s", (...[, stdout, status, message]) => {
  const found = networkVerdict("network.allow", stdout, 137);
  expect(found).toMatchObject({ check: "network.allow", status, message: expect.stringContaining(message) as string });
  expect(found.fix === null).toBe(status === "ok");
});
