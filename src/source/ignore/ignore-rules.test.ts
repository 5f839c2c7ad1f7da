import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_IGNORES } from "./default-ignores.ts";
import { parseIgnoreFile } from "./ignore-file.ts";
import { ignoreRules, type IgnoreRules } from "./ignore-rules.ts";

function rulesOf(...lines: readonly string[]): IgnoreRules {
  return ignoreRules(parseIgnoreFile(".dockerignore", lines.join("\n")));
}

describe("a .dockerignore", () => {
  it.each<readonly [lines: readonly string[], path: string, ignored: boolean]>([
    [["docs"], "docs/a/b.md", true],
    [["docs/"], "docs/a/b.md", true],
    [["/docs"], "docs/a.md", true],
    [["/docs"], "src/docs/a.md", false],
    [["./docs//"], "docs/a.md", true],
    [["docs/../src"], "src/a.md", true],
    [["../docs"], "docs/a.md", false],
    [["."], "docs", false],
    [["  docs  "], "docs", true],
    [["docs\r"], "docs", true],
    [["\uFEFFdocs"], "docs", true],
    [["# docs", "", "   "], "# docs", false],
    [[" #docs"], "#docs", true],
    [["\\#docs"], "#docs", true],
    [["\\!docs"], "!docs", true],
    [["*.md", "!README.md"], "README.md", false],
    [["*.md", "!README.md"], "OTHER.md", true],
    [["!README.md", "*.md"], "README.md", true],
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["docs", "!docs/README.md"], "docs/OTHER.md", true],
    [["docs", "! /docs/README.md"], "docs/README.md", false],
    [["*", "!src"], "src/deep/x.c", false],
    [["**", "!src/lib"], "src/lib/x.c", false],
    [["**", "!src/lib", "src/lib/x.c"], "src/lib/x.c", true],
    [["*", "!**/*.md"], "docs/a.md", false],
    [["a", "!a/b", "a"], "a/b", false],
    [["docs/*.md", "!docs"], "docs/a.md", true],
    [["docs", "!docs"], "docs/a.md", false],
    [["Docs"], "docs", false],
  ])("%j: %s is ignored: %s", (lines, path, ignored) => {
    expect(rulesOf(...lines).ignores(path)).toBe(ignored);
  });

  it.each([
    [["docs", "!docs/README.md"], "docs", true],
    [["docs", "!docs/README.md"], "docs/inner", false],
    [["*", "!**/*.md"], "docs/inner", true],
    [["docs"], "docs", false],
    [["*", "!src/*/x"], "src/deep", true],
    [["*", "!src/*/x"], "lib", false],
  ])("%j: something below %s may be kept: %s", (lines, directory, kept) => {
    expect(rulesOf(...lines).keepsBelow(directory)).toBe(kept);
  });

  it("names the line that is no pattern", () => {
    expect(() => rulesOf("# comment", "src", "a[")).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: '.dockerignore: line 3 is no pattern: its [ is not closed (got "a[").',
        hint: "Correct the line, or begin it with # to make it a comment.",
      }),
    );
    for (const line of ["!", "! ", "!/", "!/."]) {
      expect(() => rulesOf(line)).toThrow("line 1 is no pattern: after ! it names nothing");
    }
  });
});

describe("without a line", () => {
  it.each([
    ...[".git", "sub/.git/config", ".env", ".env.local", "app/.env", "server.pem", "certs/a.key", ".ssh/id_rsa"],
    ...[
      "keys/id_ed25519",
      ".aws/credentials",
      ".npmrc",
      "node_modules/a/index.js",
      "src/__pycache__/a.pyc",
      ".venv/bin",
    ],
  ])("%s is ignored", (path) => {
    expect(rulesOf().ignores(path)).toBe(true);
  });

  it.each([
    ...["prod.env", "deploy/prod.env", "web/.htpasswd", "terraform.tfstate", "infra/terraform.tfstate.backup"],
    ...["secring.gpg", "service-account-prod.json", "app/credentials.json", ".terraformrc", "a.jks", "b/c.keystore"],
  ])("%s is ignored", (path) => {
    expect(rulesOf().ignores(path)).toBe(true);
  });

  it.each(["example.env", "a/sample.env", ".yarnrc.yml", "main.tf", "accounts.json", "credentials.ts", "env"])(
    "%s is kept",
    (path) => {
      expect(rulesOf().ignores(path)).toBe(false);
    },
  );

  it.each(["src/main.py", ".env.example", "keys/id_rsa.pub", "environment", ".github/workflows/ci.yml", ".gitignore"])(
    "%s is kept",
    (path) => {
      expect(rulesOf().ignores(path)).toBe(false);
    },
  );

  it("the guide names each that is", async () => {
    const guide = await readFile(resolve(import.meta.dirname, "../../../docs/images.md"), "utf8");
    const names = DEFAULT_IGNORES.map((name) => name.replace("!", ""));
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it("a line with ! keeps what would be ignored", () => {
    const rules = rulesOf("!.env", "!certs/public.pem", "!**/node_modules");
    expect([".env", "certs/public.pem", "node_modules/a.js"].map((path) => rules.ignores(path))).toEqual([
      ...[false, false, false],
    ]);
    expect(rules.ignores("certs/private.pem")).toBe(true);
  });

  it.each<readonly [lines: readonly string[], path: string, ignored: boolean]>([
    [["*", "!src"], "src/.env", true],
    [["*", "!src"], "src/id_rsa", true],
    [["*", "!src"], "src/node_modules/a.js", true],
    [["*", "!src"], "src/.env.example", false],
    [["*", "!sub"], "sub/.npmrc", true],
    [["!**"], ".env", true],
    [["!**/*"], "a/.aws/credentials", true],
    [["!.*"], ".env", true],
    [["!certs/*"], "certs/server.key", true],
    [["*", "!src/.env"], "src/.env", false],
    [["*", "!src/.env"], "src/.npmrc", true],
    [["*", "!src", "!**/.env"], "src/.env", false],
    [["*", "!src", "!src/id_rsa"], "src/id_rsa", false],
    [["!.env*"], ".env", true],
    [["!.env.*"], ".env.local", false],
    [["!*.pem"], "public.pem", false],
    [["!prod.env"], "prod.env", false],
    [["!prod.env"], "test.env", true],
    [["!.ssh/config"], ".ssh/config", false],
    [["!.ssh/config"], ".ssh/known_hosts", true],
    [["!.ssh"], ".ssh/id_rsa", true],
    [["!.aws/**"], ".aws/config", false],
    [["!**/.env", "**/.env", "!src"], "src/.env", true],
  ])("%j: %s is ignored: %s", (lines, path, ignored) => {
    expect(rulesOf(...lines).ignores(path)).toBe(ignored);
  });

  it.each([
    [["!src"], ".git", false],
    [["*", "!**/*.md"], ".git", false],
    [["!.ssh/config"], ".ssh", true],
  ])("%j: something below %s may be kept: %s", (lines, directory, kept) => {
    expect(rulesOf(...lines).keepsBelow(directory)).toBe(kept);
  });
});
