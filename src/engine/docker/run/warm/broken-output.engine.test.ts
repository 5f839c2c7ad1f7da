import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngineProxy } from "../../../../../test/fixtures/engine-proxy.ts";
import { failureOf, openDockerFixture, untilPrinted } from "../../docker-fixture.ts";

const LONG = { timeout: 120_000 };

it(
  "a run in a shell kept ahead whose connection breaks is told as broken, not with the shell's own code",
  LONG,
  async () => {
    await using cleaning = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "moorage-broken-"));
    cleaning.defer(() => rm(directory, { recursive: true, force: true }));
    const proxy = cleaning.use(await openEngineProxy(join(directory, "engine.sock")));
    const fixture = cleaning.use(openDockerFixture({ endpoint: { socketPath: proxy.socketPath }, warm: true }));
    const id = await fixture.sandbox();
    const run = await fixture.exec(id, ["sh", "-c", "echo begun; sleep 1; exit 3"]);
    await untilPrinted(run, "begun");
    proxy.cut();
    proxy.join();
    expect((await failureOf(run.exit)).code).toMatch(/^ENGINE_(?:FAILED|UNREACHABLE)$/);
  },
);
