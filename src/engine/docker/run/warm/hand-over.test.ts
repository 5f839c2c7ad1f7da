import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { RunSpec } from "../../../engine.ts";
import { handOverOf } from "./hand-over.ts";

const spec = (wish: Partial<RunSpec> = {}): RunSpec => ({ command: ["true"], env: {}, cwd: "/", ...wish });

const EVERY_CHARACTER = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join("");
// Without --norc bash takes the socket that Node gives it for that of a remote shell.
const SHELLS = [
  ["/bin/dash"],
  ["/bin/bash", "--norc"],
  ["/bin/bash", "--norc", "--posix"],
  ["/bin/busybox", "sh"],
].filter(([path]) => existsSync(path ?? ""));
const SHOW = [
  'moorage_newline="\n"; IFS= read -r line; eval "$line"; IFS= read -r line; eval "$line"',
  String.raw`printf '%s\0' "$@" "$moorage_input"; /usr/bin/env -0`,
].join("\n");

describe("the line that hands a run over", () => {
  test.each(SHELLS)("brings every character through %s %s", (path = "", ...rest) => {
    const values = [
      EVERY_CHARACTER,
      "",
      "'",
      "\n\n",
      `a'\n'b"$(no)\`no\`\\`,
      " lead and trail ",
      "żółć 漢字 🚢",
      "*",
      "~",
    ];
    const wish = {
      cwd: "/a 'b'",
      command: values,
      env: { GIVEN: EVERY_CHARACTER },
      stdin: Buffer.from(EVERY_CHARACTER),
    };
    const { code, input, kind } = handOverOf(spec(wish)) ?? {};
    expect(kind).toBe("text");
    const out = execFileSync(path, [...rest, "-c", SHOW], { input: `${code}\n${input}\n`, env: {} }).toString();
    expect(out.split("\0").slice(0, values.length + 2)).toEqual(["/a 'b'", ...values, EVERY_CHARACTER]);
    expect(out.split("\0")).toContain(`GIVEN=${EVERY_CHARACTER}`);
  });

  test.each<[string, Partial<RunSpec>]>([
    ["a terminal", { tty: { columns: 80, rows: 24 } }],
    ["another user", { user: "nobody" }],
    ["a name that is no identifier", { env: { "a-b": "1" } }],
    ["a name that a shell owns", { env: { PWD: "/elsewhere" } }],
    ["a name that a shell obeys", { env: { BASH_ENV: "/x" } }],
    ["a name of the script's own", { env: { moorage_line: "x" } }],
    ["a character that no program can be given", { command: ["echo", "\0"] }],
    ["more than 8 KiB", { command: ["echo", "x".repeat(8192)] }],
  ])("is none for %s", (_, wish) => {
    expect(handOverOf(spec(wish))).toBeUndefined();
  });

  test.each<[string, string, RunSpec["stdin"]]>([
    ["none", "no stdin", undefined],
    ["text", "a short one", Buffer.from("żółć\n")],
    ["text", "an empty one", Buffer.alloc(0)],
    ["stream", "a long one", Buffer.alloc(5000, "x")],
    ["stream", "bytes that are no text", Buffer.from([0xff])],
    ["stream", "what no variable of a shell holds", Buffer.from("a\0b")],
    ["stream", "one that comes in pieces", Readable.from([])],
  ])("has the kind %s for %s", (kind, _, stdin) => {
    expect(handOverOf(spec(stdin === undefined ? {} : { stdin }))?.kind).toBe(kind);
  });
});
