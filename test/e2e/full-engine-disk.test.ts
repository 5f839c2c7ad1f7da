import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { restartableEngine, type RestartableEngine } from "../../scripts/setup/restartable-engine.ts";
import { dockerfileAlone } from "../../src/base/dockerfile-alone.ts";
import { newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { createEngineApi } from "../../src/engine/docker/api/engine-api.ts";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.ts";
import { failureOf } from "../../src/engine/docker/docker-fixture.ts";
import { createUnitLabels } from "../../src/engine/unit-labels.ts";
import { openHome } from "../fixtures/command-line.ts";
import { written } from "../fixtures/factory-doors.ts";
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

    it("during a build is told, and nothing is left of the build", { timeout: 240_000 }, async () => {
      await using disk = await openSmallFilesystem(64);
      await using docker = await restartableEngine(["--data-root", disk.path]);
      await copyImage("busybox:latest", docker);
      await using home = await openHome();
      const env = { DOCKER_HOST: `unix://${docker.socketPath}` };
      await using server = await startServer(home, { env, configuration: { keepFreeBytes: 0 } });
      const { image } = server.sdk;
      const build = (path: string) => failureOf(Array.fromAsync(image.build({ path, tag: "full", network: "none" })));
      const before = await everythingOn(docker);

      // A program that has no room says so itself, and ends with a code of its own.
      const step = "RUN dd if=/dev/zero of=/big bs=1M count=100";
      const program = await build(await written(home, { Dockerfile: `FROM busybox:latest\n${step}\n` }));
      expect(program).toMatchObject({ code: "DISK_FULL", hint: HINT, details: { line: 2, step: 2, exitCode: 1 } });
      expect(JSON.stringify(program.details["log"])).toContain("No space left on device");
      // The context fits, and its copy in the image does not.
      const path = await written(home, { Dockerfile: "FROM busybox:latest\nCOPY large /\n" });
      await writeFile(join(path, "large"), randomBytes(36 * MIB));
      const copy = await build(path);
      expect(copy).toMatchObject({ code: "DISK_FULL", hint: HINT });
      expect(copy.message).toMatch(
        /^Building agent-env:full at "COPY large \/" failed, as the engine's disk is full: .*no space left/,
      );

      expect((await image.builds({})).items).toMatchObject([{ status: "failed" }, { status: "failed" }]);
      expect((await image.list({})).items).toEqual([]);
      await image.prune({});
      expect(await everythingOn(docker)).toEqual(before);
      const files = { Dockerfile: "FROM busybox:latest\nRUN echo room > /again\n" };
      const events = await Array.fromAsync(image.build({ files, tag: "again", network: "none" }));
      expect(events.at(-1)).toMatchObject({ result: { status: "succeeded" } });
    });
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

/** The images and containers of an engine, by their ids. */
async function everythingOn({ socketPath }: RestartableEngine): Promise<readonly string[]> {
  await using api = createEngineApi({ endpoint: { socketPath }, programDirectories: [] });
  const ids = async (path: string): Promise<readonly string[]> => {
    const all = await api.json({ method: "GET", path, query: { all: "1" } }, z.array(z.object({ Id: z.string() })));
    return all.map(({ Id }) => Id);
  };
  return [...(await ids("/images/json")), ...(await ids("/containers/json"))];
}

async function expectFull(call: Promise<unknown>, message: RegExp | string): Promise<void> {
  const { code, message: told, hint } = await failureOf(call);
  expect({ code, hint }).toEqual({ code: "DISK_FULL", hint: HINT });
  expect(told).toMatch(message);
}
