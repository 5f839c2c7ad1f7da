import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";

const LONG = { timeout: 120_000 };
const soon = { timeout: 30_000, interval: 100 };

it(
  "an image's server is ready when its port listens and its log says so; stopping and starting runs it again",
  LONG,
  async () => {
    await using domain = openDockerDomain();
    const image = await domain.ownImage("busybox", [
      'ENTRYPOINT ["/bin/sh", "-c", "echo serving $0; exec httpd -f -p $0"]',
      'CMD ["8080"]',
    ]);
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ image, useImageCommand: true, readiness: { port: 8080 } });
    const fetched = await resultOf(sandbox.exec({ id, command: ["wget", "-qS", "-O-", "http://127.0.0.1:8080/bin/"] }));
    expect(fetched.stderr).toContain("HTTP/1.1 404");
    expect(await sandbox.output({ id })).toMatchObject({ stdout: "serving 8080\n" });
    await sandbox.stop({ id, graceMs: 1000 });
    await sandbox.start({ id });
    await expect
      .poll(async () => (await sandbox.output({ id, tail: 2 })).stdout, soon)
      .toBe("serving 8080\nserving 8080\n");
    const other = await sandbox.create({ image, command: ["8081"], readiness: { log: "^serving 8081$" } });
    expect(other.state).toBe("running");
  },
);

it("an image's program that ends takes the sandbox to stopped, or create tells its last words", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("busybox", [
    'ENTRYPOINT ["/bin/sh", "-c"]',
    'CMD ["echo no database >&2; exit 3"]',
  ]);
  const { sandbox } = domain.platform;
  const { id } = await sandbox.create({ image, useImageCommand: true });
  // Told by create where the engine is quick enough, and by the next look in any case.
  await expect.poll(async () => (await sandbox.get({ id })).state, soon).toBe("stopped");
  const reason = "Its main process ended with code 3; it printed last: no database";
  expect(await sandbox.get({ id })).toMatchObject({ state: "stopped", reason });
  const creating = sandbox.create({ image, name: "dead", useImageCommand: true, readiness: { port: 80 } });
  await expect(creating).rejects.toMatchObject({
    code: "SANDBOX_NOT_READY",
    message: 'The sandbox "dead" was not ready: its main process ended with code 3. It printed last: no database',
  });
});

it("an image without a command is told", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("busybox", ["CMD []", "ENTRYPOINT []"]);
  const creating = domain.platform.sandbox.create({ image, useImageCommand: true });
  await expect(creating).rejects.toMatchObject({
    code: "START_FAILED",
    message: "The container did not start: No command specified",
  });
  expect(await domain.context.engine.list()).toEqual([]);
});
