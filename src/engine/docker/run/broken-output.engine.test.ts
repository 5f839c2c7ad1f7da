import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngineProxy } from "../../../../test/fixtures/engine-proxy.ts";
import type { RunSpec } from "../../engine.ts";
import { failureOf, openDockerFixture, printed, untilPrinted } from "../docker-fixture.ts";

const LONG = { timeout: 120_000 };

async function openCuttable() {
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-broken-"));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const proxy = opening.use(await openEngineProxy(join(directory, "engine.sock")));
  const fixture = opening.use(openDockerFixture({ endpoint: { socketPath: proxy.socketPath } }));
  const open = opening.move();
  return { proxy, fixture, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

it("a run whose output ends while its program goes on is told as broken, and not as whole", LONG, async () => {
  await using cuttable = await openCuttable();
  const { proxy, fixture } = cuttable;
  const id = await fixture.sandbox();
  for (const wish of [{}, { user: "root" }, { stdin: Buffer.from("x") }] satisfies Partial<RunSpec>[]) {
    const run = await fixture.exec(id, ["sh", "-c", "echo begun; sleep 1; echo more; exit 3"], wish);
    await untilPrinted(run, "begun");
    proxy.cut();
    proxy.join();
    expect(await failureOf(run.exit)).toMatchObject({
      code: "ENGINE_FAILED",
      message: "The connection to the output of a run broke.",
    });
  }
});

it("a run whose output falls silent is told as broken when it has ended", LONG, async () => {
  await using cuttable = await openCuttable();
  const { proxy, fixture } = cuttable;
  const id = await fixture.sandbox();
  const run = await fixture.exec(id, ["sh", "-c", "echo begun; sleep 1; echo more; exit 3"]);
  await untilPrinted(run, "begun");
  proxy.stall();
  expect((await failureOf(run.exit)).code).toBe("ENGINE_FAILED");
});

it("what a run prints of the mark of its end is its own, and comes whole", LONG, async () => {
  await using cuttable = await openCuttable();
  const { fixture } = cuttable;
  const id = await fixture.sandbox();
  const script = "printf 'moorage end'; printf 'moorage end %s 0\\n' start >&2; env; exit 9";
  const { out, err, exit } = await printed(await fixture.exec(id, ["sh", "-c", script]));
  expect(out.startsWith("moorage end")).toBe(true);
  expect(out).not.toMatch(/[0-9a-f]{32}/);
  expect(err).toBe("moorage end start 0\n");
  expect(exit.exitCode).toBe(9);
});
