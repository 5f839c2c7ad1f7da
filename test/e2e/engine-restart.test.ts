import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { restartableEngine, type RestartableEngine } from "../../scripts/setup/restartable-engine.ts";
import { newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { failureOf, jobSpec, printed, unitSpec, untilPrinted } from "../../src/engine/docker/docker-fixture.ts";
import { createDockerEngine, type DockerEngineOptions } from "../../src/engine/docker/docker-engine.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createUnitLabels } from "../../src/engine/unit-labels.ts";
import { finished, openHome } from "../fixtures/command-line.ts";
import { copyImage } from "../fixtures/private-docker.ts";

const BOUND_MS = 60_000;
const TALKING = ["sh", "-c", "echo begun; sleep 300"];

await withPrivateEngines(() => {
  describe("an engine that is killed while programs run", { timeout: 180_000 }, () => {
    test.each([
      { args: [], state: "exited" },
      { args: ["--live-restore"], state: "running" },
    ])("with $args: they are told, and what was there is $state afterwards", async ({ args, state }) => {
      await using docker = await restartableEngine(args);
      await copyImage("busybox:latest", docker);
      await using engine = open(docker);
      const sandbox = unitSpec("sandbox");
      await engine.createSandbox(sandbox);
      const spec = jobSpec(TALKING);
      const job = await engine.startJob(spec);
      const exec = await engine.exec(sandbox.id, { command: TALKING, env: {}, cwd: "/workspace" });
      await Promise.all([untilPrinted(job, "begun"), untilPrinted(exec, "begun")]);

      const told = Promise.all([failureOf(job.exit), failureOf(exec.exit)]);
      await docker.kill();
      const [ofJob, ofExec] = await within(told);
      expect({ code: ofJob.code, message: ofJob.message }).toEqual({
        code: "ENGINE_FAILED",
        message: "The connection to the engine broke before the job ended.",
      });
      expect(["ENGINE_UNREACHABLE", "ENGINE_FAILED"]).toContain(ofExec.code);
      const meanwhile = await failureOf(engine.list());
      expect(meanwhile.code).toBe("ENGINE_UNREACHABLE");

      await docker.restart();
      expect(await engine.inspect(sandbox.id)).toMatchObject({ id: sandbox.id, state });
      expect(await engine.inspect(spec.id)).toMatchObject({ id: spec.id, state });
      if (state === "exited") await engine.start(sandbox.id);
      const next = await engine.exec(sandbox.id, { command: ["echo", "again"], env: {}, cwd: "/workspace" });
      expect(await printed(next)).toMatchObject({ out: "again\n", exit: { exitCode: 0 } });
      for (const { id } of await engine.list()) await engine.remove(id);
    });

    test("a command line that waits ends with 125, and says why", async () => {
      await using docker = await restartableEngine();
      await copyImage("busybox:latest", docker);
      await using home = await openHome();
      const child = home.start(["run", "--image", "busybox:latest", "--", ...TALKING], {
        env: { DOCKER_HOST: `unix://${docker.socketPath}` },
      });
      const running = finished(child);
      await within(once(child.stdout ?? child, "data"));
      await docker.kill();
      const { code, stderr } = await within(running);
      expect(code).toBe(125);
      expect(stderr).toMatch(/error: .*(?:connection to the engine broke|does not answer)/);
      await docker.restart();
    });

    test("one that answers nothing any more keeps nobody waiting for the end of what it was told to kill", async () => {
      await using docker = await restartableEngine();
      await copyImage("busybox:latest", docker);
      await using engine = open(docker, { patienceMs: 10_000 });
      const job = await engine.startJob(jobSpec(TALKING));
      await untilPrinted(job, "begun");
      docker.stall();
      const told = [failureOf(job.exit), failureOf(job.kill())];
      const [ofExit, ofKill] = await within(Promise.all(told));
      expect(ofKill?.code).toBe("ENGINE_TIMEOUT");
      expect(ofExit?.message).toBe("The connection to the engine broke before the job ended.");
    });
  });
});

function open({ socketPath }: RestartableEngine, wish: Partial<DockerEngineOptions> = {}): Engine {
  const labels = createUnitLabels(newId(), randomBytes(32));
  return createDockerEngine({ endpoint: { socketPath }, labels, logger: silentLogger, ...wish });
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`nothing within ${BOUND_MS} ms`)), BOUND_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
