import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RunSpec } from "../../../engine.ts";
import { handOverLine } from "./hand-over.ts";

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
  'moorage_newline="\n"; IFS= read -r line; eval "$line"',
  String.raw`printf '%s\0' "$@"; /usr/bin/env -0`,
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
    const line = handOverLine(spec({ cwd: "/a 'b'", command: values, env: { GIVEN: EVERY_CHARACTER } }));
    const out = execFileSync(path, [...rest, "-c", SHOW], { input: `${line}\n`, env: {} }).toString();
    expect(out.split("\0").slice(0, values.length + 1)).toEqual(["/a 'b'", ...values]);
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
    expect(handOverLine(spec(wish))).toBeUndefined();
  });
});
