import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { finished, openHome } from "../fixtures/command-line.ts";

const image = "python:3.11-slim";

type Line = { readonly type: string; readonly name?: string; readonly runId?: string; readonly status?: string };

describe("moorage jobs", () => {
  it("runs commands and agents of one file, and tells how each ended", async () => {
    await using home = await openHome();
    await mkdir(join(home.root, "work"));
    const jobs = [
      `- {name: hello, image: "${image}", command: [echo, ahoy]}`,
      `- {name: broken, image: "${image}", command: [sh, -c, "echo no >&2; exit 7"]}`,
      `- {agentId: maker, image: "${image}", workspace: work, shell: true, command: ["echo $AGENT_ID > made"]}`,
      `- {agentId: reader, image: "${image}", workspace: work, command: [cat, made]}`,
      `- {name: slow, image: "${image}", timeoutMs: 1000, command: [sleep, "60"]}`,
    ];
    await writeFile(join(home.root, "jobs.yaml"), jobs.join("\n"));
    const run = await home.moorage(["jobs", join(home.root, "jobs.yaml"), "--concurrency", "2"], { cwd: "/" });
    expect(run.code).toBe(1);
    const rows = run.stdout.trimEnd().split("\n").slice(1);
    expect(rows.map((row) => row.split(/\s+/).slice(0, 3))).toEqual([
      ["hello", "succeeded", "0"],
      ["broken", "failed", "7"],
      ["maker", "succeeded", "0"],
      ["reader", "succeeded", "0"],
      ["slow", "timed_out", "124"],
    ]);
    expect(rows[2]).toMatch(/[0-9a-f]{8} → [0-9a-f]{8}$/);
    expect(rows[3]).toMatch(/unchanged$/);
    expect(run.stderr).toContain("error: broken: exit code 7; it said last: no\n");
    const runId = rows[3]?.split(/\s{2,}/)[4] ?? "";
    expect(await home.moorage(["runs", "logs", runId])).toMatchObject({ code: 0, stdout: "maker\n" });
    const file = JSON.parse(await readFile(join(home.root, "work", ".docker-result-reader"), "utf8")) as object;
    expect(file).toMatchObject({ agent_id: "reader", run_id: runId, exit_code: 0 });
    expect(JSON.parse((await home.moorage(["receipt", "verify", "--json"])).stdout)).toMatchObject({
      ok: true,
      count: 5,
    });
  }, 180_000);

  it("cancels all on an interruption, and leaves nothing", async () => {
    await using home = await openHome();
    const line = JSON.stringify({ image, command: ["sleep", "300"] });
    await writeFile(join(home.root, "jobs.jsonl"), `${line}\n${line}\n${line}\n`);
    const child = home.start(["jobs", "jobs.jsonl", "--concurrency", "2", "--json"]);
    const ended = finished(child, undefined, 150_000);
    let seen = "";
    const bothStarted = new Promise<void>((resolve) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.split('"type":"started"').length === 3) resolve();
      });
    });
    await Promise.race([bothStarted, once(child, "close")]);
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as Line & { error?: { code: string } });
    expect(lines.at(-1)?.error?.code).toBe("CANCELED");
    for (const { type, runId } of lines) {
      if (type !== "started") continue;
      const record = await home.moorage(["runs", "get", runId ?? "", "--json"]);
      expect(JSON.parse(record.stdout)).toMatchObject({ status: "canceled" });
    }
    expect(JSON.parse((await home.moorage(["cleanup", "--json"])).stdout)).toMatchObject({
      ok: true,
      removed: [],
      recovered: [],
    });
  }, 180_000);

  it("is safe beside other Moorages: many agents at once, each with its own result", async () => {
    await using home = await openHome();
    const agents = Array.from({ length: 6 }, (_, index) => `agent-${index}`);
    for (const agent of agents) await mkdir(join(home.root, agent));
    const runs = await Promise.all(
      agents.map((agent, index) => {
        const command = ["--", "sh", "-c", `echo $AGENT_ID; exit ${index}`];
        return home.moorage(["agent", "run", agent, "--workspace", agent, "--image", image, ...command]);
      }),
    );
    expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual(agents.map((agent, index) => [index, `${agent}\n`]));
    for (const [index, agent] of agents.entries()) {
      const file = JSON.parse(await readFile(join(home.root, agent, `.docker-result-${agent}`), "utf8")) as object;
      expect(file).toMatchObject({ agent_id: agent, exit_code: index });
    }
    expect(JSON.parse((await home.moorage(["receipt", "verify", "--json"])).stdout)).toMatchObject({
      ok: true,
      count: 6,
    });
  }, 180_000);
});
