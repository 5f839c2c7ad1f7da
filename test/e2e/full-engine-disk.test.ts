import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { restartableEngine, type RestartableEngine } from "../../scripts/setup/restartable-engine.ts";
import { dockerfileAlone } from "../../src/base/dockerfile-alone.ts";
import { newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import { failureOf } from "../../src/engine/docker/docker-fixture.ts";
import { createUnitLabels } from "../../src/engine/unit-labels.ts";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { copyImage } from "../fixtures/private-docker.ts";
import { startServer } from "../fixtures/running-server.ts";
import { openSmallFilesystem } from "../fixtures/small-filesystem.ts";

const ENGINE = /^The engine's disk is full: .*no space left on device/;
const HINT = "Free space on the engine's host, or remove files of the sandbox.";
const MIB = 1024 * 1024;

await withPrivateEngines(() => {
  describe("a disk that is full under the engine", () => {
    it(
      "is told to whoever needs room, leaves nothing half-made, and is recovered from",
      { timeout: 240_000 },
      async () => {
        await using disk = await openSmallFilesystem(64);
        await using docker = await restartableEngine(["--data-root", disk.path]);
        await copyImage("busybox:latest", docker);
        await using home = await openHome();
        const env = { DOCKER_HOST: `unix://${docker.socketPath}` };
        await using server = await startServer(home, { env, configuration: { keepFreeBytes: 0 } });
        const { sdk } = server;
        const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
        await sdk.file.write({ id, path: "kept", content: "kept" });

        await disk.fill();
        const content = randomBytes(MIB).toString("base64");
        await expectFull(sdk.sandbox.create({ image: "busybox:latest" }), ENGINE);
        await expectFull(resultOf(sdk.job.run({ image: "busybox:latest", command: ["true"] })), ENGINE);
        for (const path of ["new", "kept"]) {
          const words = `Writing "/workspace/${path}" failed: there is no space left.`;
          await expectFull(sdk.file.write({ id, path, content, encoding: "base64" }), words);
        }
        // A program that has no room fails by itself, and that is its result.
        const command = ["dd", "if=/dev/zero", "of=big", "bs=1M", "count=4"];
        const filling = await resultOf(sdk.sandbox.exec({ id, command }));
        expect(filling).toMatchObject({ status: "failed", exitCode: 1 });
        expect(filling.stderr).toContain("No space left on device");
        await expectFullByEngine(docker);
        expect((await sdk.file.read({ id, path: "kept" })).content).toBe("kept");
        expect((await sdk.sandbox.list({})).items.map((item) => item.id)).toEqual([id]);

        await disk.free();
        expect(await resultOf(sdk.sandbox.exec({ id, command: ["cat", "kept"] }))).toMatchObject({ stdout: "kept" });
        await sdk.file.write({ id, path: "new", content, encoding: "base64" });
        const second = await sdk.sandbox.create({ image: "busybox:latest" });
        await sdk.sandbox.remove({ id: second.id });
        expect(await sdk.receipt.verify({})).toMatchObject({ ok: true });
      },
    );
  });
});

/** What goes through the engine's own doors: files of a workspace that is not on this host, and images. */
async function expectFullByEngine({ socketPath }: RestartableEngine): Promise<void> {
  const labels = createUnitLabels(newId(), randomBytes(32));
  await using engine = createDockerEngine({ endpoint: { socketPath }, labels, logger: silentLogger, buildRetryMs: [] });
  const context = dockerfileAlone("FROM busybox:latest\nENV A=1\n");
  const build = engine.images?.build({ tag: "moorage-test/full:latest", context, labels: {} }, {});
  const words = /^Building moorage-test\/full:latest failed, as the engine's disk is full: .*no space left/;
  await expectFull(build ?? Promise.resolve(), words);
  expect(await engine.list()).toEqual([]);
}

async function expectFull(call: Promise<unknown>, message: RegExp | string): Promise<void> {
  const { code, message: told, hint } = await failureOf(call);
  expect({ code, hint }).toEqual({ code: "DISK_FULL", hint: HINT });
  expect(told).toMatch(message);
}
