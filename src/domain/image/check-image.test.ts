import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { openBuildContext } from "./context/open-build-context.ts";
import type { ImageChecked } from "../../contracts/types.ts";
import { unrestricted } from "../access/principal.ts";

const MIB = 1024 * 1024;

async function check(
  dockerfile: string,
  more: { readonly buildArgs?: Record<string, string> } = {},
): Promise<ImageChecked> {
  await using domain = openMemoryDomain();
  return await domain.platform.image.check({ dockerfile, ...more });
}

it("a good Dockerfile has nothing to be told", async () => {
  expect(await check("FROM python:3.11-slim AS base\nRUN pip install requests\nFROM base\nUSER 1000\n")).toEqual({
    ok: true,
    mode: "enforce",
    findings: [],
    omitted: 0,
    bases: [
      { line: 1, stage: "base", kind: "image", reference: "python:3.11-slim" },
      { line: 3, stage: null, kind: "stage", reference: "base" },
    ],
  });
});

it("goes by the policy of the administrator", async () => {
  const { context } = openMemoryDomain();
  const dockerfile = { mode: "warn", allowedRegistries: [], allowAddUrl: false } as const;
  const build = { ...context.policy.build, dockerfile };
  await using domain = openMemoryDomain({ policy: { ...context.policy, build } });
  const checked = await domain.platform.image.check({ dockerfile: "FROM python:3\n" });
  expect(checked).toMatchObject({ ok: true, mode: "warn", findings: [{ rule: "base-registry", severity: "warning" }] });
});

it.each([
  ["python", { "requirements.txt": "flask==3.0\n", "app.py": "" }],
  [
    "node",
    { "package.json": '{"scripts":{"start":"node .","build":"x"}}', "package-lock.json": '{"lockfileVersion":3}' },
  ],
  ["go", { "go.mod": "module example.org/a\n\ngo 1.24\n", "main.go": "package main\n" }],
  ["static", { "index.html": "" }],
])("a Dockerfile that Moorage writes for %s has nothing to be told", async (generatedFor, files) => {
  await using domain = openMemoryDomain();
  const call = { context: domain.context, principal: unrestricted("alice"), signal: undefined };
  await using context = await openBuildContext(call, { files });
  expect(context.dockerfile.generatedFor).toBe(generatedFor);
  expect(await domain.platform.image.check({ dockerfile: context.dockerfile.text })).toMatchObject({
    ok: true,
    findings: [],
  });
});

describe("bad input", () => {
  it.each([
    ["nothing", "", "The Dockerfile has no instruction."],
    ["a Dockerfile without FROM", "RUN true\n", "RUN stands before the first FROM."],
    ["an unknown instruction", "FROM a:1\nFETCH b\n", "FETCH is no instruction of a Dockerfile."],
    [
      "a line of 1 MB",
      `FROM a:1\nRUN ${"x".repeat(1_000_000)}\n`,
      "The line has 1000004 bytes; the builder reads at most 65535.",
    ],
    [
      "30,000 instructions",
      `FROM a:1\n${"USER a\n".repeat(30_000)}`,
      "The Dockerfile has more than 20000 instructions.",
    ],
  ])("%s is found", async (_what, dockerfile, message) => {
    const { ok, findings } = await check(dockerfile);
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({ severity: "error", message });
  });

  it("10,000 lines and 1,000 stages are read", async () => {
    expect(await check(`FROM a:1\n${"USER a\n# c\n".repeat(5000)}`)).toMatchObject({ ok: true, findings: [] });
    const { ok, bases } = await check("FROM a:1\n".repeat(1000));
    expect({ ok, bases: bases.length }).toEqual({ ok: true, bases: 1000 });
  });

  it.each([
    ["more than 1 MiB", "x".repeat(MIB + 1), "image.check: dockerfile: expected at most 1 MiB of text."],
    [
      "more than 1 MiB, in fewer characters",
      "é".repeat(MIB / 2 + 1),
      "image.check: dockerfile: expected at most 1 MiB of text.",
    ],
    ["bytes", "FROM a:1\n\0\u0001", "image.check: dockerfile: expected text without NUL characters."],
    ["half a character", "FROM a:1\n\ud800", "image.check: dockerfile: expected text that can be written as UTF-8."],
  ])("%s is refused, and not shown", async (_what, dockerfile, message) => {
    await expect(check(dockerfile)).rejects.toMatchObject({ code: "INVALID_INPUT", message });
  });

  it("a build argument without a name is refused, and its value not shown", async () => {
    await expect(check("FROM a:1\n", { buildArgs: { "a b": "hush" } })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "image.check: buildArgs.a b: expected a name of A-Z, a-z, 0-9 and _.",
    });
  });

  it("exactly 1 MiB is read", async () => {
    expect(await check(`FROM a:1\n${"#".repeat(60_000)}\n`.padEnd(MIB, "\n"))).toMatchObject({ ok: true });
  });
});
