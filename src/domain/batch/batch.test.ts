import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isMoorageError } from "../../base/errors.ts";
import type { BatchEvent, JobBatch } from "../../contracts/types.ts";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

type Ended = Extract<BatchEvent, { type: "ended" }>;

function endings(events: readonly BatchEvent[]): readonly Ended[] {
  return events.filter((event) => event.type === "ended").toSorted((a, b) => a.index - b.index);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "accepted",
    (error: unknown) => (isMoorageError(error) ? `${error.code} ${error.message}` : String(error)),
  );
}

async function openWorkspaces() {
  await using stack = new AsyncDisposableStack();
  const root = await realpath(await mkdtemp(join(tmpdir(), "moorage-batch-")));
  stack.defer(() => rm(root, { recursive: true }));
  const plain = openMemoryDomain();
  const { policy } = plain.context;
  await plain[Symbol.asyncDispose]();
  const hostUser = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const domain = stack.use(openMemoryDomain({ hostUser, policy: { ...policy, workspaceRoots: [root] } }));
  const open = stack.move();
  return { root, domain, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

describe("a batch", () => {
  it("tells how each job ended, and the sum at the end", async () => {
    await using domain = openMemoryDomain();
    const jobs: JobBatch["jobs"] = [
      { name: "good", command: ["echo", "ahoy"] },
      { command: ["exit", "3"] },
      { command: ["sleep", "60"], timeoutMs: 50 },
      { command: ["true"], memoryBytes: 2 ** 45 },
    ];
    const events = await Array.fromAsync(domain.platform.job.batch({ jobs, concurrency: 2 }));
    expect(endings(events)).toMatchObject([
      { name: "good", status: "succeeded", result: { exitCode: 0, stdout: "ahoy\n" }, error: null },
      { name: "2", status: "failed", result: { exitCode: 3 } },
      { name: "3", status: "timed_out", result: { exitCode: 124, timedOut: true } },
      {
        ...{ name: "4", status: "error", runId: null, result: null },
        error: { code: "LIMIT_EXCEEDED", message: "memoryBytes is 32 TiB; the maximum here is 2 GiB." },
      },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "summary",
      summary: { ok: false, total: 4, concurrency: 2, counts: { succeeded: 1, failed: 1, timed_out: 1, error: 1 } },
    });
    expect(await domain.platform.receipt.verify({})).toMatchObject({ ok: true, count: 3 });
  });

  it("is ok when every job succeeded, and tells a warning that all share once", async () => {
    await using domain = openMemoryDomain({ warnings: ["This engine is small."] });
    const jobs = Array.from({ length: 20 }, () => ({ command: ["true"] }));
    const events = await Array.fromAsync(domain.platform.job.batch({ jobs, concurrency: 8 }));
    expect(events.filter(({ type }) => type === "warning")).toEqual([
      { type: "warning", message: "This engine is small." },
    ]);
    expect(events.at(-1)).toMatchObject({ summary: { ok: true, total: 20, counts: { succeeded: 20, skipped: 0 } } });
  });

  it("runs no more jobs at one time than it may, and as many", async () => {
    await using domain = openMemoryDomain();
    const jobs = Array.from({ length: 12 }, () => ({ command: ["sleep", "0.05"] }));
    let running = 0;
    let most = 0;
    for await (const { type } of domain.platform.job.batch({ jobs, concurrency: 3 })) {
      if (type === "preparing") running += 1;
      most = Math.max(most, running);
      if (type === "ended") running -= 1;
    }
    expect(most).toBe(3);
  });

  it("keeps going unless it is to fail fast; then it cancels what runs and skips the rest", async () => {
    await using domain = openMemoryDomain();
    const jobs = [{ command: ["sleep", "60"] }, { command: ["exit", "1"] }, { command: ["true"] }];
    const events = await Array.fromAsync(domain.platform.job.batch({ jobs, concurrency: 2, failFast: true }));
    expect(endings(events)).toMatchObject([
      { status: "canceled", result: null, error: null },
      { status: "failed" },
      { status: "skipped", runId: null },
    ]);
    expect(events.at(-1)).toMatchObject({ summary: { counts: { canceled: 1, failed: 1, skipped: 1 } } });
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("cancels everything when its caller aborts, and leaves nothing", async () => {
    await using domain = openMemoryDomain();
    const jobs = Array.from({ length: 5 }, () => ({ command: ["sleep", "60"] }));
    const abort = new AbortController();
    const events: BatchEvent[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of domain.platform.job.batch({ jobs, concurrency: 2 }, { signal: abort.signal })) {
        events.push(event);
        if (event.type === "started") abort.abort();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "CANCELED" });
    expect(events.some(({ type }) => type === "summary")).toBe(false);
    expect(await domain.context.engine.list()).toEqual([]);
    expect(await domain.context.store.runs.open()).toEqual([]);
  });

  it("cancels everything when its reader leaves", async () => {
    await using domain = openMemoryDomain();
    const jobs = [{ command: ["sleep", "60"] }, { command: ["sleep", "60"] }];
    for await (const event of domain.platform.job.batch({ jobs })) if (event.type === "started") break;
    expect(await domain.context.engine.list()).toEqual([]);
    expect(await domain.context.store.runs.open()).toEqual([]);
  });

  it("runs jobs of one directory one after the other, in their order, also by way of a link", async () => {
    await using opened = await openWorkspaces();
    const { root, domain } = opened;
    await mkdir(join(root, "w"));
    await symlink(join(root, "w"), join(root, "link"));
    const jobs: JobBatch["jobs"] = [
      { agentId: "maker", workspace: join(root, "w"), command: ["write", "/workspace/made", "by the first"] },
      { agentId: "reader", workspace: join(root, "link"), command: ["read", "/workspace/made"] },
      { agentId: "last", workspace: root, command: ["read", "/workspace/w/made"] },
    ];
    const events = await Array.fromAsync(domain.platform.job.batch({ jobs, concurrency: 3 }));
    const [maker, reader, last] = endings(events);
    expect([maker, reader, last].map((ended) => ended?.error ?? ended?.result?.stderr)).toEqual(["", "", ""]);
    expect([reader?.result?.stdout, last?.result?.stdout]).toEqual(["by the first", "by the first"]);
    expect(maker?.workspaceBefore).toMatch(/^sha256:/);
    expect(maker?.workspaceAfter).not.toBe(maker?.workspaceBefore);
    expect(reader?.workspaceAfter).toBe(reader?.workspaceBefore);
  });

  it("lets a job tell itself that its directory is not allowed", async () => {
    await using domain = openMemoryDomain();
    const jobs = [{ command: ["true"], workspace: "/etc" }, { command: ["true"] }];
    const events = await Array.fromAsync(domain.platform.job.batch({ jobs }));
    expect(endings(events)).toMatchObject([
      { status: "error", error: { code: "WORKSPACE_NOT_ALLOWED" } },
      { status: "succeeded" },
    ]);
  });
});

describe("a batch with a bad job", () => {
  it.each([
    [{ command: ["true"], memory: 1 }, 'jobs.0: Unrecognized key: "memory"'],
    [{ command: [] }, "jobs.0.command: expected a program and its arguments, got nothing"],
    [{ command: ["a"], agentId: "x" }, "jobs.0.workspace: expected a workspace, for a run of an agent needs one"],
    [{ command: ["a"], shell: true }, "jobs.0.shell: expected none without agentId"],
    [{ command: ["a"], name: "a b" }, "jobs.0.name: expected 1 to 64 of A-Z, a-z, 0-9, _, ., :, / and -"],
    [{ command: ["a"], env: { A: "se\0cret" } }, "jobs.0.env.A: expected text without NUL characters."],
  ])("is refused before anything runs: %j", async (job, message) => {
    await using domain = openMemoryDomain();
    const jobs = [job, { command: ["true"] }] as JobBatch["jobs"];
    const reading = Array.fromAsync(domain.platform.job.batch({ jobs }));
    await expect(refusal(reading)).resolves.toContain(`INVALID_INPUT job.batch: ${message}`);
    await expect(Array.fromAsync(domain.platform.job.batch({ jobs }))).rejects.not.toThrow(/cret/);
    expect(await domain.platform.receipt.list({})).toMatchObject({ items: [] });
  });

  it.each([
    [{ jobs: [] }, "jobs: expected at least one job"],
    [{ jobs: [{ command: ["a"] }], concurrency: 0 }, "concurrency: expected at least 1 (got 0)"],
    [{ jobs: [{ command: ["a"] }], concurrency: 65 }, "concurrency: expected at most 64 (got 65)"],
    [{ jobs: Array.from({ length: 1001 }, () => ({ command: ["a"] })) }, "jobs: expected at most 1000 jobs"],
  ])("is refused as a whole: %#", async (input, message) => {
    await using domain = openMemoryDomain();
    const reading = Array.fromAsync(domain.platform.job.batch(input));
    await expect(refusal(reading)).resolves.toContain(`INVALID_INPUT job.batch: ${message}`);
  });
});
