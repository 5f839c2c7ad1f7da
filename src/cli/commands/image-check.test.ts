import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostWith } from "../testing/platform.ts";
import { narrow, seen, wide } from "../testing/seen.ts";
import { moorage, type Setting } from "../testing/terminal.ts";

const GOOD = { ok: true, mode: "enforce", findings: [], omitted: 0, bases: [] };
const FINDING = {
  line: 12,
  endLine: 13,
  rule: "base-registry",
  severity: "error",
  message: '"evil.example/a:1" comes from a registry that is not allowed (allowed: docker.io).',
  fix: "Use an image of an allowed registry.",
};
const ADVICE = { ...FINDING, line: 14, rule: "latest-tag", severity: "warning", message: "Another each time." };

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-cli-"));
  await writeFile(join(directory, "Dockerfile"), "\ufeffFROM a:1\r\n");
  await writeFile(join(directory, "bytes"), Buffer.from([0xff]));
  await writeFile(join(directory, "big"), Buffer.alloc(1024 * 1024 + 1, "#"));
});
afterAll(() => rm(directory, { recursive: true }));

async function given(argv: readonly string[], setting: Setting = {}): Promise<unknown> {
  const inputs: unknown[] = [];
  const { host } = hostWith({ "image.check": (input) => (inputs.push(input), GOOD) });
  await moorage(["image", "check", ...argv], { directory, ...setting, host });
  return inputs[0];
}

async function told(argv: readonly string[], setting: Setting = {}): Promise<string> {
  const { host } = hostWith({ "image.check": () => GOOD });
  const { exitCode, stderr } = await moorage(["image", "check", ...argv], { directory, ...setting, host });
  return `${stderr}exit ${exitCode}`;
}

describe("moorage image check", () => {
  test("reads a file of this host, byte for byte, or standard input", async () => {
    expect(await given(["Dockerfile"])).toEqual({ dockerfile: "\ufeffFROM a:1\r\n" });
    expect(await given(["-"], { stdin: "FROM b:1\n" })).toEqual({ dockerfile: "FROM b:1\n" });
    expect(await given(["Dockerfile", "--build-arg", "A=b=c", "--build-arg", "D="])).toMatchObject({
      buildArgs: { A: "b=c", D: "" },
    });
  });

  test("tells what cannot be read", async () => {
    expect(await told([])).toMatchInlineSnapshot(`
      "error: moorage image check: expected DOCKERFILE (got nothing).
      hint: Usage: moorage image check [options] DOCKERFILE
      exit 2"
    `);
    expect(await told(["none"])).toMatchInlineSnapshot(`
      "error: "none" on this host does not exist.
      hint: Check the spelling; relative paths start at the current directory.
      exit 1"
    `);
    expect(await told(["bytes"])).toMatchInlineSnapshot(`
      "error: DOCKERFILE: expected UTF-8 text in "bytes".
      hint: Name the Dockerfile itself.
      exit 2"
    `);
    expect(await told(["big"])).toMatchInlineSnapshot(`
      "error: DOCKERFILE: expected at most 1 MiB of text ("big" has more).
      hint: Name the Dockerfile itself.
      exit 1"
    `);
    expect(await told(["-"], { stdin: Buffer.from([0xff]) })).toMatchInlineSnapshot(`
      "error: DOCKERFILE: expected UTF-8 text on standard input.
      hint: Give it the Dockerfile itself.
      exit 2"
    `);
    expect(await told(["Dockerfile", "--build-arg", "TOKEN"])).toMatchInlineSnapshot(`
      "error: --build-arg: expected NAME=VALUE (got no =).
      hint: Write both out, such as --build-arg CI=1; nothing is taken from this shell's environment.
      exit 2"
    `);
  });

  test("shows what was found, and fails where it must not be built", async () => {
    const shown = (answer: object, setting: Setting = {}): Promise<string> =>
      seen(["image", "check", "Dockerfile"], ["image.check", { ...GOOD, ...answer }], { directory, ...setting });
    expect(await shown({})).toMatchInlineSnapshot(`
      "2> ✔ It may be built (policy enforce).
      "
    `);
    expect(await shown({ ok: false, findings: [FINDING, ADVICE] }, wide)).toMatchInlineSnapshot(`
      "✖ Dockerfile:12 error base-registry: "evil.example/a:1" comes from a registry that is not allowed (allowed: docker.io).
        fix: Use an image of an allowed registry.
      ! Dockerfile:14 warning latest-tag: Another each time.
        fix: Use an image of an allowed registry.
      2> warning: It must not be built: 2 findings.
      exit 1"
    `);
    expect(await shown({ findings: [ADVICE] }, narrow)).toMatchInlineSnapshot(`
      "! Dockerfile:14 warning latest-tag:
        Another each time.
        fix: Use an image of an allowed
             registry.
      2> ✔ It may be built, with 1 finding
      2>   (policy enforce).
      "
    `);
    expect(await shown({ ok: false, findings: [FINDING], omitted: 800 })).toMatchInlineSnapshot(`
      "✖ Dockerfile:12 error base-registry: "evil.example/a:1" comes from a registry that is not allowed (allowed: docker.io).
        fix: Use an image of an allowed registry.
      2> warning: It must not be built: 801 findings, the first 1 of them shown.
      exit 1"
    `);
  });
});
