import { expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import type { MemoryProgram } from "../../engine/memory/run/program.ts";
import { createPlatform } from "../domain.ts";
import { DiskWatches } from "./disk-watches.ts";

const MIB = 1024 * 1024;
const NEARLY_FULL = { freeBytes: 50 * MIB, totalBytes: 100 * 1024 * MIB };
const PLENTY = { freeBytes: 1024 * MIB, totalBytes: 100 * 1024 * MIB };

/** Grows again and again, by 4 MiB each time. */
const grow: MemoryProgram = async ({ files, signal, sleep }) => {
  for (let step = 0; !signal.aborted; step += 1) {
    await files.write("/workspace/grown", new Uint8Array((step % 8) * 4 * MIB));
    await sleep(20);
  }
  return 0;
};

function openDomain() {
  const disk = new DiskWatches({ firstMs: 5, restMs: 5, leastMs: 1 });
  const domain = openMemoryDomain({ disk }, { programs: { grow } });
  const context = { ...domain.context, policy: { ...domain.context.policy, keepFreeBytes: 100 * MIB } };
  return Object.assign(domain, { small: createPlatform(context, { owner: "alice", keyId: null }) });
}

const FULL = {
  code: "DISK_FULL",
  message: "The disk of the machine is nearly full: 50 MiB are free, and 100 MiB are to stay free.",
  hint: "Free space on it (`moorage doctor` tells where), remove sandboxes, or lower keepFreeBytes in moorage.config.json.",
};

it("on a disk that is nearly full no sandbox and no job is begun, until there is room", async () => {
  await using domain = openDomain();
  const { host } = domain.control;
  host.room = NEARLY_FULL;
  await expect(domain.small.sandbox.create({})).rejects.toMatchObject(FULL);
  await expect(resultOf(domain.small.job.run({ command: ["true"] }))).rejects.toMatchObject(FULL);
  host.room = PLENTY;
  await domain.small.sandbox.create({});
  expect((await resultOf(domain.small.job.run({ command: ["true"] }))).status).toBe("succeeded");
});

it("of a small disk at most a twentieth is kept free", async () => {
  await using domain = openDomain();
  domain.control.host.room = { freeBytes: 50 * MIB, totalBytes: 1000 * MIB };
  expect((await domain.small.sandbox.create({})).state).toBe("running");
});

it("on a disk that is nearly full the run that grows is ended, and who does not grow goes on", async () => {
  await using domain = openDomain();
  const { sandbox, run } = domain.small;
  const ids = [(await sandbox.create({})).id, (await sandbox.create({})).id] as const;
  domain.control.host.room = NEARLY_FULL;
  const calm = await resultOf(sandbox.exec({ id: ids[0], command: ["sleep", "60"], background: true }));
  const grown = await resultOf(sandbox.exec({ id: ids[1], command: ["grow"], timeoutMs: 60_000 }));
  expect(grown).toMatchObject({
    status: "canceled",
    reason:
      "The disk of the machine is nearly full (50 MiB are free, and 100 MiB are to stay free), and its sandbox grew most.",
  });
  expect((await run.get({ runId: calm.runId })).status).toBe("running");
});

it("on a disk that is nearly full a run is ended whose growth nobody can tell", async () => {
  await using domain = openDomain();
  const { sandbox } = domain.small;
  const { id } = await sandbox.create({});
  domain.control.host.room = NEARLY_FULL;
  for (let look = 0; look < 5000; look += 1) {
    domain.control.failNext("disk.use", new MoorageError("ENGINE_TIMEOUT", "It has too many files."));
  }
  const ended = await resultOf(sandbox.exec({ id, command: ["sleep", "60"], timeoutMs: 60_000 }));
  expect(ended).toMatchObject({
    status: "canceled",
    reason:
      "The disk of the machine is nearly full (50 MiB are free, and 100 MiB are to stay free), and what its sandbox takes could not be counted.",
  });
});
