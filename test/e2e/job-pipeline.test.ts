import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunReceipt } from "../../src/contracts/types.ts";
import { openHome } from "../fixtures/command-line.ts";
import { inHome, PIPELINE, runShell } from "../fixtures/shell-script.ts";

describe("examples/job-pipeline", () => {
  it("runs its agents, validates what they made with receipts that hold, and leaves nothing", async () => {
    await using home = await openHome();
    const work = join(home.root, "work");
    const env = { DOCKER_IMAGE_NAME: "python", DOCKER_IMAGE_TAG: "3.11-slim", WORKSPACE_DIR: work };
    const run = await runShell(inHome(home), [PIPELINE], { shell: "dash", env });
    expect(run.stdout).toMatch(
      /^DOCKER_MODE=true SIMULATION_MODE=false\nmaker-10-\d+: passed \(receipt \w+\)\nmaker-20-\d+: failed \(receipt \w+\)\n$/,
    );
    expect(run.code).toBe(1);
    const files = (await readdir(join(work, "receipts"))).toSorted();
    const receipts: RunReceipt[] = [];
    for (const file of files)
      receipts.push(JSON.parse(await readFile(join(work, "receipts", file), "utf8")) as RunReceipt);
    expect(receipts).toMatchObject([
      { operation: "agent.run", agentId: "validator", status: "succeeded", exitCode: 0, engine: "docker" },
      { operation: "agent.run", agentId: "validator", status: "failed", exitCode: 1, engine: "docker" },
    ]);
    expect(receipts.every(({ workspaceBefore }) => workspaceBefore?.startsWith("sha256:"))).toBe(true);
    expect(JSON.parse((await home.moorage(["receipt", "verify", "--json"])).stdout)).toMatchObject({ ok: true });
    expect(JSON.parse((await home.moorage(["cleanup", "--json"])).stdout)).toMatchObject({
      ok: true,
      removed: [],
      recovered: [],
    });
  }, 180_000);

  it("passes nothing where agents cannot be run", async () => {
    await using home = await openHome();
    const work = join(home.root, "work");
    const env = { DOCKER_HOST: "unix:///nowhere.sock", WORKSPACE_DIR: work };
    const run = await runShell(inHome(home), [PIPELINE], { shell: "bash", env });
    expect(run.code).toBe(1);
    expect(run.stdout).toBe("");
    expect(await readdir(work)).toEqual(["receipts"]);
    expect(await readdir(join(work, "receipts"))).toEqual([]);
  }, 180_000);
});
