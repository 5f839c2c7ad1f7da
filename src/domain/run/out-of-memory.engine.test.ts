import { expect, it } from "vitest";
import { runReceipts } from "../../../test/fixtures/run-receipts.ts";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";

const BOMB = "dd if=/dev/zero of=/dev/null bs=256M count=1";
const asRoot = process.getuid?.() === 0;

it(
  "the kernel's kill for memory is told to the run that it ended, on its receipt too",
  { timeout: 120_000 },
  async () => {
    await using domain = openDockerDomain();
    const { sandbox, run, receipt } = domain.platform;
    const { id } = await sandbox.create({ image: "busybox:latest", memoryBytes: 64 * 1024 * 1024 });
    const exec = (line: string) => resultOf(sandbox.exec({ id, command: [line], shell: true }));
    const beside = sandbox.exec({
      id,
      command: ["while [ ! -e over ]; do sleep 0.2; done; exit 0"],
      shell: true,
      background: true,
    });
    const { runId } = await resultOf(beside);
    const bomb = await exec(BOMB);
    expect(bomb).toMatchObject({ status: "failed", exitCode: 137, oomKilled: true, signal: "SIGKILL", warnings: [] });
    await exec("touch over");
    await run.wait({ runId, timeoutMs: 60_000 });
    expect(await run.get({ runId })).toMatchObject({ status: "succeeded", oomKilled: false, warnings: [] });
    const { items } = await receipt.list({});
    const told = runReceipts(items).filter(({ oomKilled }) => oomKilled);
    expect(told.map((item) => item.runId)).toEqual([bomb.runId]);

    const survivor = await exec(`${BOMB}; exit 3`);
    expect(survivor).toMatchObject({ status: "failed", exitCode: 3, oomKilled: false });
    const warning =
      "While it ran, the kernel ended another process for memory: one that the program had started, or one that shares its limit.";
    // The kernel's counter can be read for certain only by root.
    expect(survivor.warnings.length === 0 && !asRoot ? [warning] : survivor.warnings).toEqual([warning]);
  },
);
