import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";

const LONG = { timeout: 240_000 };

it("a package of pip is there in a sandbox without network", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("python");
  const { id, packageManager } = await domain.platform.sandbox.create({ image, dependencies: ["six==1.17.0"] });
  expect(packageManager).toBe("pip");
  const program = "import six, socket; print(six.__version__, socket.if_nameindex())";
  const run = await resultOf(domain.platform.sandbox.exec({ id, command: ["python3", "-c", program] }));
  expect(run).toMatchObject({ exitCode: 0, stdout: "1.17.0 [(1, 'lo')]\n" });
});

it("a package of npm is there for require and for import, in a read-only sandbox too", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("node");
  const { sandbox } = domain.platform;
  const { id } = await sandbox.create({ image, dependencies: ["is-odd@3.0.1"], profile: "job" });
  for (const [filename, content] of [
    ["a.js", "console.log(require('is-odd')(3))"],
    ["b.mjs", "import odd from 'is-odd'; console.log(odd(4))"],
  ] as const) {
    const run = await resultOf(sandbox.exec({ id, code: { filename, content } }));
    expect(run).toMatchObject({ exitCode: 0, stderr: "", stdout: filename === "a.js" ? "true\n" : "false\n" });
  }
});

it("a package that does not exist is told in pip's words; an image without npm in the shell's", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("python");
  const missing = domain.platform.sandbox.create({ image, dependencies: ["moorage-has-no-such-package"] });
  await expect(missing).rejects.toMatchObject({
    code: "DEPENDENCY_FAILED",
    message: expect.stringContaining("No matching distribution found for moorage-has-no-such-package") as string,
  });
  const other = domain.platform.sandbox.create({ image, dependencies: ["is-odd"], packageManager: "npm" });
  await expect(other).rejects.toMatchObject({
    code: "DEPENDENCY_FAILED",
    message: expect.stringMatching(/npm: not found/) as string,
    hint: "The image may have no npm: use one that has it, or name another with --package-manager.",
  });
  expect(await domain.context.engine.list()).toEqual([]);
});
