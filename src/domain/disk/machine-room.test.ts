import { expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

const MIB = 1024 * 1024;
const NEARLY_FULL = { freeBytes: 50 * MIB, totalBytes: 100 * 1024 * MIB };
const PLENTY = { freeBytes: 1024 * MIB, totalBytes: 100 * 1024 * MIB };

function openDomain() {
  const domain = openMemoryDomain();
  const context = { ...domain.context, policy: { ...domain.context.policy, keepFreeBytes: 100 * MIB } };
  return Object.assign(domain, { small: createPlatform(context, unrestricted("alice")) });
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
