import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { SandboxExec } from "../../contracts/types.ts";
import { openDockerFixture } from "../../engine/docker/docker-fixture.ts";

const LONG = { timeout: 120_000 };
const image = "busybox:latest";

it("stopping and removing a real sandbox, and ending a session, cancel their runs", LONG, async () => {
  await using domain = openDockerDomain();
  const { sandbox, run, session } = domain.platform;
  const { id } = await sandbox.create({ image, name: "box" });
  const begin = async (input: Partial<SandboxExec> = {}): Promise<string> => {
    const exec = sandbox.exec({ id, command: ["sleep", "600"], background: true, ...input });
    return (await resultOf(exec)).runId;
  };
  const ended = async (runId: string) => {
    expect(await run.wait({ runId, timeoutMs: 60_000 })).toMatchObject({ reason: "ended" });
    const { status, reason } = await run.get({ runId });
    return { status, reason };
  };
  const inSession = await begin({ session: "work" });
  await session.remove({ id, name: "work" });
  const byOwner = 'by "alice".';
  expect(await ended(inSession)).toEqual({ status: "canceled", reason: `The session "work" was ended ${byOwner}` });

  const stopped = await begin();
  const interactive = await begin({ interactive: true });
  await sandbox.stop({ id, graceMs: 0 });
  const bySandbox = { status: "canceled", reason: `The sandbox was stopped ${byOwner}` };
  expect([await ended(stopped), await ended(interactive)]).toEqual([bySandbox, bySandbox]);

  await sandbox.start({ id });
  const removed = await begin();
  await sandbox.remove({ id });
  expect(await ended(removed)).toEqual({ status: "canceled", reason: `The sandbox was removed ${byOwner}` });
});

it("the deadline of a command in a real session says what was ended, and what goes on", LONG, async () => {
  await using base = openMemoryDomain();
  await using fixture = openDockerFixture();
  // Time enough for INT to reach the command before all of the session is killed.
  const policy = { ...base.context.policy, graceMs: 5_000 };
  await using domain = openMemoryDomain({ engine: fixture.engine, policy });
  const { sandbox } = domain.platform;
  const { id } = await sandbox.create({ image, name: "box" });
  const until = (line: string, timeoutMs = 2000) =>
    resultOf(sandbox.exec({ id, command: [line], shell: true, session: "work", timeoutMs }));
  // A shell that a deadline finds still starting is ended with its command.
  await until("true", 60_000);
  const interrupted = await until("sleep 600");
  expect(interrupted.reason).toBe(
    'The deadline of 2 s was reached; the command was interrupted, and the session "work" goes on.',
  );
  const stubborn = await until("trap '' INT; sh -c 'trap \"\" INT; while :; do sleep 1; done'");
  expect(stubborn.reason).toBe(
    'The deadline of 2 s was reached; the session "work" was ended with all that ran in it.',
  );
});
