import { describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { parseImageReference } from "./image-reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("image references", () => {
  test.each([
    ["busybox", "busybox", "latest", "busybox:latest"],
    ["python:3.11-slim", "python", "3.11-slim", "python:3.11-slim"],
    ["library/node:20", "library/node", "20", "library/node:20"],
    ["localhost:5000/a/b", "localhost:5000/a/b", "latest", "localhost:5000/a/b:latest"],
    ["[::1]:5000/a:1", "[::1]:5000/a", "1", "[::1]:5000/a:1"],
    ["Registry.example/team/app_x:V1", "Registry.example/team/app_x", "V1", "Registry.example/team/app_x:V1"],
    [`python@${DIGEST}`, "python", DIGEST, `python@${DIGEST}`],
    [`python:3@${DIGEST}`, "python", DIGEST, `python@${DIGEST}`],
  ])("%s", (text, ...parts) => {
    const [repository, version, whole] = parts;
    expect(parseImageReference(text)).toEqual({ repository, version, whole });
  });

  test.each([
    "",
    " ",
    "Python",
    "a b",
    "Upper/case",
    "a:",
    "a:b:c",
    "a@sha256:1",
    `a@${DIGEST}@${DIGEST}`,
    "-a",
    "a//b",
    "/a",
    "a/../b",
    "a:-x",
    "x".repeat(300),
    "a\nb",
    "$(id)",
  ])("%j is INVALID_INPUT", async (text) => {
    expect((await failureOf(() => parseImageReference(text))).code).toBe("INVALID_INPUT");
  });
});
