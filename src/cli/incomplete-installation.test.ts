import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../base/errors.ts";
import { moorage } from "./testing/terminal.ts";

/** Node's own error for a program that begins with this line. */
async function failureOf(line: string): Promise<Error> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-import-"));
  const own = { name: "old", exports: { ".": "./index.js" } };
  try {
    await mkdir(join(directory, "node_modules/old"), { recursive: true });
    await writeFile(join(directory, "node_modules/old/package.json"), JSON.stringify({ ...own, type: "module" }));
    await writeFile(join(directory, "node_modules/old/index.js"), "export const one = 1;\n");
    await writeFile(join(directory, "program.mjs"), `${line}\n`);
    const program = pathToFileURL(join(directory, "program.mjs")).href;
    const run = `await import(${JSON.stringify(program)}).catch((error) => console.log(error.message))`;
    return new Error(execFileSync(process.execPath, ["--input-type=module", "-e", run]).toString().trim());
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("packages that do not fit the sources", () => {
  test.each([
    ['import "missing";', "missing"],
    ['import "old/part";', "old"],
    ['import { two } from "old"; two();', "old"],
  ])("%s says what to do", async (line, name) => {
    const failure = await failureOf(line);
    const openPlatform = (): Promise<never> =>
      Promise.reject(new MoorageError("INTERNAL", "It failed.", { cause: failure }));
    const seen = await moorage(["sandbox", "ls"], { host: { openPlatform } });
    expect(seen.exitCode).toBe(1);
    const [error, hint] = seen.stderr.split("\n");
    expect(error).toContain("error: The installed packages do not fit Moorage's sources: \"");
    expect(error).toContain(`${name}" is missing or has another version.`);
    expect(hint).toBe("hint: In a clone run `npm ci`, then try again; elsewhere install Moorage anew.");
  });

  test("are not taken for the cause of anything else", async () => {
    const openPlatform = (): Promise<never> => Promise.reject(new Error("Cannot read properties of undefined"));
    const seen = await moorage(["sandbox", "ls"], { host: { openPlatform } });
    expect(seen.stderr).toContain("error: Moorage met an error that it did not expect.");
  });
});
