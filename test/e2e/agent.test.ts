import { mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openHome, resultOf } from "../fixtures/command-line.ts";

const image = ["--image", "python:3.11-slim"];

describe("moorage agent run", () => {
  it("sets the agent's names, returns its code, and leaves a result file", async () => {
    await using home = await openHome();
    const command = ["--", "sh", "-c", 'echo "$AGENT_ID in $WORKSPACE"; echo out > made; exit 3'];
    const run = await home.moorage(["agent", "run", "agent-1", "--workspace", ".", ...image, "--json", ...command]);
    expect(run.code).toBe(3);
    const result = resultOf(run);
    expect(result.stdout).toBe("agent-1 in /workspace\n");
    const file = JSON.parse(await readFile(join(home.root, ".docker-result-agent-1"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(file).toMatchObject({
      agent_id: "agent-1",
      exit_code: 3,
      stdout_chars: result.stdout.length,
      stderr_chars: 0,
      timed_out: false,
      receipt_id: result.receiptId,
    });
    expect(file["timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(file["duration_seconds"]).toBeGreaterThan(0);
    expect((await readdir(home.root)).toSorted()).toEqual([".docker-result-agent-1", "made"]);
    const receipts = JSON.parse((await home.moorage(["receipt", "ls", "--json"])).stdout) as { items: unknown[] };
    expect(receipts.items).toMatchObject([{ operation: "agent.run", agentId: "agent-1", exitCode: 3 }]);
    const { workspaceBefore, workspaceAfter } = receipts.items[0] as Record<string, unknown>;
    expect(workspaceBefore).toMatch(/^sha256:/);
    expect(workspaceAfter).not.toBe(workspaceBefore);
  });

  it("replaces what the agent planted under the result file's name", async () => {
    await using home = await openHome();
    await mkdir(join(home.root, "w"));
    await writeFile(join(home.root, "victim"), "untouched");
    await symlink(join(home.root, "victim"), join(home.root, "w", ".docker-result-a"));
    const run = await home.moorage(["agent", "run", "a", "--workspace", "w", ...image, "--", "true"]);
    expect(run.code).toBe(0);
    expect(await readFile(join(home.root, "victim"), "utf8")).toBe("untouched");
  });

  it("keeps its result when the result file cannot be written, and says so", async () => {
    await using home = await openHome();
    const plant = "mkdir -p .docker-result-a/in; exit 5";
    const args = ["agent", "run", "a", "--workspace", ".", ...image, "--json", "--", "sh", "-c", plant];
    const run = await home.moorage(args);
    expect(run.code).toBe(5);
    expect(resultOf(run).warnings).toEqual([expect.stringContaining("The result file could not be written")]);
  });

  it("takes one line of shell with --shell", async () => {
    await using home = await openHome();
    const line = "echo one | tr a-z A-Z && exit 4";
    const run = await home.moorage(["agent", "run", "a", "--workspace", ".", ...image, "--shell", "--", line]);
    expect(run).toMatchObject({ code: 4, stdout: "ONE\n" });
  });

  it("takes its defaults from the environment, under the maxima", async () => {
    await using home = await openHome();
    const args = ["agent", "run", "a", "--workspace", ".", "--json", "--", "true"];
    const env = {
      DOCKER_IMAGE_NAME: "python",
      DOCKER_IMAGE_TAG: "3.11-slim",
      DOCKER_TIMEOUT_SECONDS: "9",
      DOCKER_CPU_LIMIT: "0.5",
    };
    expect(resultOf(await home.moorage(args, { env })).limits).toMatchObject({ timeoutMs: 9000, cpus: 0.5 });
    const over = await home.moorage(args, { env: { ...env, MOORAGE_MAX_TIMEOUT: "5" } });
    expect(over.code).toBe(125);
    expect(over.stdout).toContain("--timeout is 9 s; the maximum here is 5 s.");
  });

  it("makes its own image once, under 500 MB, where none is configured", async () => {
    await using home = await openHome();
    const args = ["agent", "run", "a", "--workspace", ".", "--json", "--", "git", "--version"];
    const first = await home.moorage(args);
    expect(first.code).toBe(0);
    expect(resultOf(first).stdout).toContain("git version");
    expect(resultOf(await home.moorage(args)).imageDigest).toBe(resultOf(first).imageDigest);
  }, 300_000);

  it.each(["../x", "", "-a", "a b", "a/b", `quote"`])("refuses the agent id %j", async (id) => {
    await using home = await openHome();
    const run = await home.moorage(["agent", "run", "--workspace", ".", ...image, "--json", "--", id, "true"]);
    expect(run.code).toBe(125);
    expect(run.stdout).toContain("INVALID_INPUT");
  });
});
