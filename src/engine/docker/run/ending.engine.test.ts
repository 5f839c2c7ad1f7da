import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../../../base/deadline.ts";
import { isMoorageError } from "../../../base/errors.ts";
import type { EngineRun } from "../../engine.ts";
import { failureOf, openDockerFixture, printed, untilPrinted, type DockerFixture } from "../docker-fixture.ts";
import { settledWithin } from "./settled-within.ts";

/**
 * What a sandbox itself consists of: the init process, its shell and that one's sleeper. Beside them the shell that
 * ended a run may be about to end, and what has no command line any more has ended.
 */
const OWN = /docker-init|moorage ready|^sleep 2147483647$|root=\$1 begin=\$2|^\[/;

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function start(id: string, script: string): Promise<EngineRun> {
  const run = await fixture.exec(id, ["sh", "-c", script]);
  await untilPrinted(run, "ready");
  return run;
}

/** What is left of a run that was ended: nothing, or the state of the sandbox that had to be stopped for it. */
async function leftAfterKill(id: string, run: EngineRun): Promise<readonly unknown[]> {
  const { unitStopped } = await run.kill();
  await run.exit;
  const left = unitStopped ? [(await fixture.engine.inspect(id))?.state] : await others(id);
  return left.filter((state) => state !== "exited");
}

async function others(id: string): Promise<readonly string[]> {
  return (await fixture.processes(id)).filter((line) => !OWN.test(line));
}

const DEAF = `sh -c 'trap "" TERM; while :; do sleep 1; done'`;
const TREES = {
  "a child": `trap "" TERM; ${DEAF} & echo ready; while :; do sleep 1; done`,
  "a session of its own": `trap "" TERM; setsid ${DEAF} & echo ready; while :; do sleep 1; done`,
  "a double fork": `trap "" TERM; (setsid ${DEAF} &) ; echo ready; while :; do sleep 1; done`,
  "a cleared environment": `trap "" TERM; env -i setsid ${DEAF} & echo ready; while :; do sleep 1; done`,
  "a hopper": `h() { (sleep 0.02; h) & }; trap "" TERM; h; echo ready; while :; do sleep 1; done`,
  "processes that are stopped": `trap "" TERM; ${DEAF} & kill -STOP $!; echo ready; while :; do sleep 1; done`,
  "a bomb": `f() { f | f & }; echo ready; trap "" TERM; f; while :; do sleep 1; done`,
  "a bomb that goes on": `b() { while :; do (sleep 0.1; b) & sleep 0.05; done; }; trap "" TERM; echo ready; b`,
};

for (const image of ["busybox:latest", "python:3.11-slim"]) {
  describe(`ending a run in ${image}`, () => {
    test.each(Object.entries(TREES))("%s is gone after kill", async (_, script) => {
      const id = await fixture.sandbox({ image });
      const run = await start(id, script);
      expect(await leftAfterKill(id, run)).toEqual([]);
    });

    test.each(Object.entries(TREES))("%s is gone after terminate and kill", async (_, script) => {
      const id = await fixture.sandbox({ image });
      const run = await start(id, script);
      await run.terminate();
      expect(await leftAfterKill(id, run)).toEqual([]);
    });

    test("what a program leaves behind when it obeys TERM holds its end back, and is killed", async () => {
      const id = await fixture.sandbox({ image });
      const run = await start(id, `${DEAF} & trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done`);
      await run.terminate();
      expect(await settledWithin(run.exit, 500)).toBe(false);
      expect(await run.kill()).toEqual({ unitStopped: false });
      expect((await run.exit).exitCode).toBe(7);
      expect(await others(id)).toEqual([]);
    });

    test("a tree that obeys TERM ends by itself, with the program's code", async () => {
      const id = await fixture.sandbox({ image });
      const run = await start(id, `sleep 60 & trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done`);
      await run.terminate();
      expect((await run.exit).exitCode).toBe(9);
      expect(await others(id)).toEqual([]);
    });

    test("what kills its own supervisor after TERM does not get away", async () => {
      const id = await fixture.sandbox({ image });
      const escape = `trap "kill -9 $PPID; while :; do sleep 1; done" TERM; echo ready; while :; do sleep 0.1; done`;
      const run = await start(id, `sh -c '${escape}'; echo over`.replace("$PPID", '$(cut -d" " -f4 /proc/$PPID/stat)'));
      await run.terminate();
      expect(await settledWithin(run.exit, 500)).toBe(false);
      await run.kill();
      await run.exit;
      expect(await others(id)).toEqual([]);
    });

    test.each([
      ["a daemon", "(setsid sleep 1111 >/dev/null 2>&1 &) ; sleep 0.1; exit 3", 3],
      ["a child that holds stdout", "sleep 1111 & exit 4", 4],
      ["what is stopped", "sleep 1111 & kill -STOP $!; exit 5", 5],
      ["a tree", "(sh -c 'sleep 1111 & sleep 2222 & wait' &); sleep 0.2; exit 6", 6],
      ["what killed its keeper", "(setsid sleep 1111 &) ; sleep 0.1; kill -KILL $PPID; sleep 3333", 137],
      [
        "what killed its root",
        "(setsid sleep 1111 &) ; sleep 0.1; kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat); sleep 3333",
        137,
      ],
    ])("%s that a run leaves behind by itself ends with it", async (_, script, exitCode) => {
      const id = await fixture.sandbox({ image });
      const { exit } = await fixture.shell(id, script);
      expect(exit).toMatchObject({ exitCode, signal: null, oomKilled: false });
      expect(await others(id)).toEqual([]);
    });

    test("what a run of a second and more leaves behind is found too", async () => {
      const id = await fixture.sandbox({ image });
      const { exit } = await fixture.shell(id, "(setsid sleep 1111 >/dev/null 2>&1 &) ; sleep 2.5; exit 7");
      expect(exit.exitCode).toBe(7);
      expect(await others(id)).toEqual([]);
    });
  });
}

test("where no process can be started any more, a run can still be ended", async () => {
  const limits = { memoryBytes: 64 * 1024 * 1024, cpus: 1, pids: 16 };
  const id = await fixture.sandbox({ limits });
  const run = await start(
    id,
    `trap "" TERM; i=0; while [ $i -lt 10 ]; do sleep 60 & i=$((i+1)); done; echo ready; wait`,
  );
  const { code } = await failureOf(fixture.exec(id, ["true"]));
  expect(["LIMIT_EXCEEDED", "START_FAILED"]).toContain(code);
  await run.terminate();
  expect(await leftAfterKill(id, run)).toEqual([]);
  expect((await run.exit).exitCode).toBe(137);
});

test("where the sandbox's shell is no shell, kill stops the sandbox", async () => {
  const id = await fixture.sandbox({ image: "python:3.11-slim" });
  const states: unknown[] = [];
  const state = async (): Promise<unknown> => (await fixture.engine.inspect(id))?.state;
  const aroundStop = async (stop: () => Promise<void>): Promise<void> => {
    states.push(await state());
    await stop();
    states.push(await state());
  };
  const script = `rm /bin/sh; ln -s /bin/cat /bin/sh; trap "" TERM; echo ready; while :; do sleep 1; done`;
  const run = await fixture.exec(id, ["sh", "-c", script], { aroundStop });
  await untilPrinted(run, "ready");
  expect((await failureOf(fixture.exec(id, ["true"]))).code).toBe("START_FAILED");
  expect(await run.kill()).toEqual({ unitStopped: true });
  expect(states).toEqual(["running", "exited"]);
  expect(await fixture.engine.inspect(id)).toMatchObject({ state: "exited" });
});

test("a paused sandbox starts nothing, and can be ended and removed", async () => {
  const id = await fixture.sandbox();
  const run = await start(id, "echo ready; sleep 60");
  await fixture.api.send({ method: "POST", path: `/containers/moorage-${id}/pause` });
  expect(await fixture.engine.inspect(id)).toMatchObject({ state: "paused" });
  expect((await failureOf(fixture.exec(id, ["true"]))).code).toBe("SANDBOX_NOT_RUNNING");
  expect(await run.kill()).toEqual({ unitStopped: true });
  await run.exit;
  await fixture.engine.remove(id);
  expect(await fixture.engine.inspect(id)).toBeUndefined();
});

test("runs that are killed while their sandbox is being paused never leave it frozen half-way", async () => {
  const id = await fixture.sandbox();
  const { freezer } = fixture.engine;
  for (const ms of [0, 5, 10, 20, 30, 40]) {
    const runs = await Promise.all([1, 2, 3].map(() => fixture.exec(id, ["sh", "-c", "echo ready; sleep 60"])));
    await Promise.all(runs.map((run) => untilPrinted(run, "ready")));
    const killed = runs.map((run) => run.kill());
    await sleep(ms);
    await freezer?.pause(id);
    await freezer?.unpause(id);
    await Promise.all(killed);
    await fixture.engine.start(id);
    expect((await fixture.shell(id, "echo here")).out).toBe("here\n");
  }
}, 120_000);

test("a run that is given up while it starts leaves nothing running", async () => {
  const id = await fixture.sandbox();
  for (const ms of [0, 5, 10, 20, 30, 40]) {
    const spec = { command: ["sleep", "4321"], env: {}, cwd: "/workspace" };
    const ended = await fixture.engine.exec(id, spec, AbortSignal.timeout(ms)).then(
      async (run) => void (await run.kill()),
      (error: unknown) => error,
    );
    expect([undefined, "CANCELED"]).toContain(isMoorageError(ended) ? ended.code : ended);
  }
  await expect.poll(() => others(id)).toEqual([]);
  expect((await printed(await fixture.exec(id, ["echo", "fine"]))).out).toBe("fine\n");
});
