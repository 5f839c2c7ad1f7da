import { describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";

const INVALID = { code: "INVALID_INPUT" };

describe("runCommand", () => {
  test("passes a command on as it is", () => {
    const command = ["sh", "-c", "echo", "", "--", "a b"];
    expect(runCommand(command, { GIVEN: "value" })).toEqual(command);
  });

  test("sets what shells own behind the shell", () => {
    expect(runCommand(["true"], { IFS: "x", GIVEN: "v", BASH_ENV: "e" })).toEqual([
      "/usr/bin/env",
      "IFS=x",
      "BASH_ENV=e",
      "true",
    ]);
    expect(runCommand(["a=b"], { IFS: "x" })).toEqual(["a=b"]);
  });

  test.each([
    ["nothing", [], {}],
    ["an empty program", [""], {}],
    ["a program that begins with a dash", ["-x"], {}],
    ["a NUL in an argument", ["a", "b\0c"], {}],
    ["a NUL in a variable", ["a"], { B: "c\0d" }],
    ["a variable with another sign in its name", ["a"], { "B-C": "d" }],
    ["more than the kernel passes", ["a", "x".repeat(2_000_000)], {}],
    ["more arguments than bubblewrap takes", Array.from({ length: 8_501 }, () => "x"), {}],
  ])("%s is INVALID_INPUT", (_, command, env) => {
    expect(() => runCommand(command, env)).toThrow(expect.objectContaining(INVALID));
  });
});
