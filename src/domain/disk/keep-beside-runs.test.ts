import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { MemoryProgram } from "../../engine/memory/run/program.ts";
import { createPlatform } from "../domain.ts";
import { lookBesideRuns } from "./keep-beside-runs.ts";
import { unrestricted } from "../access/principal.ts";

const MIB = 1024 * 1024;

const hoard: MemoryProgram = async ({ argv: [, mebibytes = "0"], files, sleep }) => {
  await files.write("/workspace/hoard", new Uint8Array(Number(mebibytes) * MIB));
  await sleep(60_000);
  return 0;
};

it("a sandbox whose own main process takes too much disk is stopped, and can be started again", async () => {
  await using domain = openMemoryDomain({}, { programs: { hoard } });
  const { context, platform } = domain;
  const made = { useImageCommand: true, diskBytes: 2 * MIB } as const;
  const small = await platform.sandbox.create({ ...made, command: ["hoard", "1"] });
  const large = await platform.sandbox.create({ ...made, command: ["hoard", "3"] });
  const look = async () => {
    await lookBesideRuns(context);
    const { state, reason, pausedBy } = await platform.sandbox.get({ id: large.id });
    return { state, reason, pausedBy };
  };
  const reason = "It used 3 MiB of disk where 2 MiB may be.";
  await expect.poll(look, { timeout: 20_000 }).toEqual({ state: "stopped", reason, pausedBy: "engine" });
  expect((await platform.sandbox.get({ id: small.id })).state).toBe("running");

  await platform.sandbox.start({ id: large.id });
  await lookBesideRuns(context);
  expect((await platform.sandbox.get({ id: large.id })).state).toBe("running");
});

it("a directory that could not be counted before is limited from the first look on, also by those who look later", async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "moorage-grown-")));
  try {
    await using domain = openMemoryDomain({}, { programs: { hoard } });
    const { store } = domain.context;
    const policy = { ...domain.context.policy, workspaceRoots: [directory] };
    const context = { ...domain.context, policy, hostUser: undefined };
    const { sandbox } = createPlatform(context, unrestricted("alice"));
    const made = { workspace: directory, useImageCommand: true, command: ["hoard"], diskBytes: 2 * MIB };
    const { id } = await sandbox.create(made);
    const grow = (mebibytes: number) => writeFile(join(directory, `${mebibytes}`), Buffer.alloc(mebibytes * MIB, 1));
    const use = (await store.sandboxes.get(id))?.directory;
    if (use === null || use === undefined) throw new Error("It works in no directory.");
    await store.sandboxes.update(id, { directory: { ...use, bytesBefore: null } });

    await grow(3);
    await lookBesideRuns(context);
    expect((await sandbox.get({ id })).state).toBe("running");
    expect((await store.sandboxes.get(id))?.directory?.bytesBefore).toBeGreaterThanOrEqual(3 * MIB);
    await grow(4);
    await lookBesideRuns(context);
    expect(await sandbox.get({ id })).toMatchObject({
      state: "stopped",
      reason: expect.stringMatching(/^It used \d+(\.\d)? MiB of disk where 2 MiB may be\.$/) as string,
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
