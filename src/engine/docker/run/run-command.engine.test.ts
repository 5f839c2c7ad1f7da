import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { openDockerFixture } from "../docker-fixture.ts";
import { createStartGate } from "../unit/start-gate.ts";
import { runCommand } from "./run-command.ts";

test("a container is not frozen while a command of ours is in it, and none begins while it is being frozen", async () => {
  await using docker = openDockerFixture();
  const id = await docker.sandbox();
  const { pass, alone } = createStartGate();
  const containerId = `moorage-${id}`;
  const log: string[] = [];
  const run = async (...command: string[]): Promise<void> => {
    const { exitCode } = await runCommand({ api: docker.api, starts: pass }, { containerId, command });
    log.push(`${command.join(" ")}: ${exitCode}`);
  };
  const frozen = Promise.withResolvers<undefined>();
  const first = run("sleep", "1");
  const freezing = alone(containerId, async () => {
    // The end of the first is told here some steps after the gate knows it.
    await nextTurn();
    log.push("freezing");
    await frozen.promise;
    log.push("frozen");
  });
  await expect.poll(() => log, { timeout: 20_000 }).toContain("freezing");
  const second = run("true");
  // Time enough for the second, were it not held up.
  await docker.shell(id, "true");
  await docker.shell(id, "true");
  frozen.resolve(undefined);
  await Promise.all([first, freezing, second]);
  expect(log).toEqual(["sleep 1: 0", "freezing", "frozen", "true: 0"]);
});
