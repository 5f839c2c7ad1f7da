import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openEngineProxy, type Verdict } from "../../../../test/fixtures/engine-proxy.ts";
import { failureOf, openDockerFixture, printed } from "../docker-fixture.ts";

const SILENT = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** The real engine, some of whose answers are others, and how often it was asked about a process. */
async function openWatched(intercept: (head: string) => Verdict | undefined = () => undefined) {
  const directory = await mkdtemp(join(tmpdir(), "moorage-looks-"));
  let looks = 0;
  const proxy = await openEngineProxy(join(directory, "docker.sock"), {
    intercept: (head) => {
      if (/^GET \S+\/exec\/\w+\/json /.test(head)) looks += 1;
      return intercept(head);
    },
  });
  const fixture = openDockerFixture({ endpoint: { socketPath: proxy.socketPath } });
  return {
    fixture,
    looks: () => looks,
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

test("an engine is asked ever more rarely about a run that prints nothing", async () => {
  await using watched = await openWatched();
  const { fixture } = watched;
  const id = await fixture.sandbox();
  const before = watched.looks();
  const { exit } = await fixture.shell(id, "sleep 5; exit 3");
  expect(exit.exitCode).toBe(3);
  // Pauses from 25 ms on, each twice the one before, at last of 5 s; five a second were 25.
  expect(watched.looks() - before).toBeLessThanOrEqual(12);
});

test("a program that closes its output and goes on is asked about as rarely, and its end is seen", async () => {
  await using watched = await openWatched();
  const { fixture } = watched;
  const id = await fixture.sandbox();
  const before = watched.looks();
  const run = await fixture.exec(id, ["sh", "-c", "exec >/dev/null 2>&1; sleep 5; exit 4"]);
  expect((await run.exit).exitCode).toBe(4);
  expect(watched.looks() - before).toBeLessThanOrEqual(20);
});

test("an end that the engine does not announce is seen all the same", async () => {
  await using watched = await openWatched((head) => (/^GET \S+\/events/.test(head) ? { reply: SILENT } : undefined));
  const { fixture } = watched;
  const id = await fixture.sandbox();
  const { out, exit } = await printed(await fixture.exec(id, ["sh", "-c", "sleep 1; echo over; exit 5"]));
  expect({ out, code: exit.exitCode }).toEqual({ out: "over\n", code: 5 });
});

const HANG_UP = { reply: "" };

test("a run goes on though its engine fails some of the looks at it, and is given up when it fails one after another", async () => {
  let [left, failed] = [2, 0];
  await using watched = await openWatched((head) => {
    // What tells of an end by itself is silent, so that the looks alone count.
    if (/^GET \S+\/events/.test(head)) return { reply: SILENT };
    if (left === 0 || !/^GET \S+\/exec\/\w+\/json /.test(head)) return undefined;
    left -= 1;
    failed += 1;
    return HANG_UP;
  });
  const { fixture } = watched;
  const id = await fixture.sandbox();
  const run = await fixture.exec(id, ["sh", "-c", "read line; exit 6"], { stdin: input(() => left > 0) });
  expect((await run.exit).exitCode).toBe(6);
  expect(failed).toBe(2);

  [left, failed] = [Infinity, 0];
  const given = await fixture.exec(id, ["sleep", "4321"]);
  expect((await failureOf(given.exit)).code).toBe("ENGINE_UNREACHABLE");
  expect(failed).toBe(3);
}, 60_000);

/** A line that comes when it is no longer held up. */
async function* input(isHeld: () => boolean): AsyncGenerator<Uint8Array> {
  while (isHeld()) await sleep(20);
  yield Buffer.from("line\n");
}
