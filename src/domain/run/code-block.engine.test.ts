import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";

const PYTHON = "python:3.11-slim";
const NODE = "node:20-alpine";

it("runs code of each language by the program of its image", { timeout: 120_000 }, async () => {
  await using domain = openDockerDomain();
  const { sandbox, file } = domain.platform;
  for (const [image, filename, content, stdout] of [
    [PYTHON, "main.py", "import sys; print(sys.argv[0], 6 * 7)", "main.py 42\n"],
    [PYTHON, "tool.sh", 'echo "$0" $((6 * 7))', "tool.sh 42\n"],
    [NODE, "main.js", "console.log(typeof require, 6 * 7)", "function 42\n"],
    [NODE, "main.mjs", "console.log(typeof require, 6 * 7)", "undefined 42\n"],
  ] as const) {
    const { id } = await sandbox.create({ image });
    const result = await resultOf(sandbox.exec({ id, code: { filename, content } }));
    expect(result).toMatchObject({ exitCode: 0, stdout, stderr: "" });
    expect(await file.stat({ id, path: filename })).toMatchObject({ type: "file", mode: "0644" });
    const failing = await resultOf(sandbox.exec({ id, code: { filename, content: "((" } }));
    expect(failing.exitCode).toBeGreaterThan(0);
    expect(failing.stderr).not.toBe("");
  }
});
