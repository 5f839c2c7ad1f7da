import { chmod, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { startDockerd } from "../../scripts/setup/docker-engine.ts";
import { ONE_HIERARCHY } from "../../scripts/setup/one-hierarchy.ts";
import { hasProgram } from "../../scripts/setup/packages.ts";
import { privateEngineFiles, withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { failureOf, openDockerFixture, printed, unitSpec } from "../../src/engine/docker/docker-fixture.ts";
import { copyImage } from "../fixtures/private-docker.ts";

const START_MS = 60_000;
/** Each call is written down, so that it is certain which runtime has started what. */
const RECORDING = '#!/bin/sh\necho "$*" >>"$(dirname "$0")/calls"\nexec crun "$@"\n';

await withPrivateEngines(() => {
  describe("crun beside runc", { timeout: 120_000 }, () => {
    test("starts the units that ask for it, and no others", async () => {
      expect(await hasProgram("crun")).toBe(true);
      await using files = await privateEngineFiles();
      const directory = dirname(files.socket);
      const recording = join(directory, "recording-crun");
      await writeFile(recording, RECORDING);
      await chmod(recording, 0o755);
      const args = [...files.args, `--add-runtime=recorded=${recording}`];
      const wrapper = [...(files.wrapper ?? []), ...ONE_HIERARCHY];
      await using docker = await startDockerd({
        files: { ...files, args, wrapper },
        signal: AbortSignal.timeout(START_MS),
      });
      expect(docker.pid).toBeGreaterThan(0);
      const endpoint = { socketPath: files.socket };
      await copyImage("busybox:latest", endpoint);
      await using fixture = openDockerFixture({ endpoint });
      expect(await fixture.engine.runtimes?.()).toEqual(expect.arrayContaining(["recorded", "runc"]));
      const findings = await fixture.engine.diagnose();
      expect(findings.find(({ check }) => check === "engine.runtimes")?.message).toMatch(
        /^Runtimes: .*recorded, runc \(default\)\.$/,
      );

      const byDefault = await fixture.sandbox();
      expect((await fixture.shell(byDefault, "echo by default")).out).toBe("by default\n");
      await expect(readFile(join(directory, "calls"), "utf8")).rejects.toThrow("ENOENT");

      const sandbox = await fixture.sandbox({ runtime: "recorded" });
      expect(await fixture.shell(sandbox, "echo by crun")).toMatchObject({ out: "by crun\n", exit: { exitCode: 0 } });
      const { run } = await fixture.job(["sh", "-c", "cat; exit 5"], { runtime: "recorded" });
      expect((await printed(run)).exit).toMatchObject({ exitCode: 5, oomKilled: false });
      expect(await readFile(join(directory, "calls"), "utf8")).toMatch(/\bcreate\b[^]*\bexec\b/);
    });
  });
});

test("a runtime that the engine does not have is INVALID_INPUT, in the engine's own words", async () => {
  await using fixture = openDockerFixture();
  const wanted = { ...unitSpec("sandbox"), runtime: "no-such-runtime" };
  const { code, message } = await failureOf(fixture.engine.createSandbox(wanted));
  expect(code).toBe("INVALID_INPUT");
  expect(message).toContain("no-such-runtime");
});
