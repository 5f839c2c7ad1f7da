import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { lookBesideRuns } from "./keep-beside-runs.ts";
import { unrestricted } from "../access/principal.ts";

const MIB = 1024 * 1024;
const LONG = { timeout: 150_000 };
const image = "busybox:latest";

/** Writes more than it may, then waits to be found. */
function fill(path: string): string[] {
  return ["sh", "-c", 'dd if=/dev/zero of="$1" bs=1048576 count=48; sleep 60', "sh", path];
}

it("a real job is ended that fills a directory of the host beyond its disk limit", LONG, async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "moorage-disk-")));
  try {
    await using domain = openDockerDomain();
    const { policy } = domain.context;
    const hostUser = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const context = { ...domain.context, policy: { ...policy, workspaceRoots: [directory] }, hostUser };
    const { job } = createPlatform(context, unrestricted("alice"));
    const command = fill("/workspace/fill");
    const ended = await resultOf(job.run({ image, command, workspace: directory, diskBytes: 16 * MIB }));
    expect(ended).toMatchObject({ status: "canceled", timedOut: false });
    expect(ended.reason).toMatch(/^It used \d+(\.\d)? MiB of disk where 16 MiB may be; --disk gives it more\.$/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it.each(["/workspace/fill", "/var/fill"])(
  "a run in a real sandbox is ended that writes %s beyond the disk limit; what removes it is let in",
  LONG,
  async (path) => {
    await using domain = openDockerDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ image, diskBytes: 16 * MIB });
    const ended = await resultOf(sandbox.exec({ id, command: fill(path), timeoutMs: 120_000 }));
    expect(ended).toMatchObject({ status: "canceled", timedOut: false });
    expect(ended.reason).toMatch(
      /^Its sandbox used \d+(\.\d)? MiB of disk where 16 MiB may be; remove files, or make one with more by --disk\.$/,
    );
    // A program that waits for the disk may not hear KILL in time: then its whole sandbox was stopped.
    await sandbox.start({ id });
    expect((await resultOf(sandbox.exec({ id, command: ["rm", path] }))).status).toBe("succeeded");
    expect((await resultOf(sandbox.exec({ id, command: ["sleep", "2"] }))).status).toBe("succeeded");
  },
);

const STOPPED = /^stopped: It used \d+(\.\d)? MiB of disk where 16 MiB may be\.$/;

async function lookedAt(
  { context, platform }: Pick<MemoryDomain, "context" | "platform">,
  id: string,
): Promise<string> {
  await lookBesideRuns(context);
  const { state, reason } = await platform.sandbox.get({ id });
  return `${state}: ${reason}`;
}

it("a real sandbox is stopped whose own main process writes beyond the disk limit", LONG, async () => {
  await using domain = openDockerDomain();
  const command = fill("/workspace/fill");
  const { id } = await domain.platform.sandbox.create({ image, useImageCommand: true, command, diskBytes: 16 * MIB });
  await expect.poll(() => lookedAt(domain, id), { timeout: 60_000, interval: 200 }).toMatch(STOPPED);
});

it("a real sandbox is stopped in which a session goes on writing in the background", LONG, async () => {
  await using domain = openDockerDomain();
  const { sandbox } = domain.platform;
  const { id } = await sandbox.create({ image, diskBytes: 16 * MIB });
  const line = "while :; do dd if=/dev/zero bs=1048576 count=4 2>/dev/null; sleep 0.1; done >>fill &";
  await resultOf(sandbox.exec({ id, command: [line], shell: true, session: "work", timeoutMs: 60_000 }));
  await expect.poll(() => lookedAt(domain, id), { timeout: 60_000, interval: 200 }).toMatch(STOPPED);
});
