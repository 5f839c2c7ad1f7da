import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { MemoryProgram } from "../../engine/memory/run/program.ts";
import { lookBesideRuns } from "./keep-beside-runs.ts";

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
