import { describe, expect, it } from "vitest";
import { collect, openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { cleanup } from "./cleanup.ts";
import { recoverRuns } from "./recover-runs.ts";

const principal = { owner: "alice", keyId: null };

/** A second Moorage on the same engine and store, to which every other holder is dead. */
function laterMoorage(domain: ReturnType<typeof openMemoryDomain>) {
  const holders = { self: "later", isAlive: (holder: string) => holder === "later" };
  const context = { ...domain.context, holders };
  return { context, platform: createPlatform(context, principal) };
}

/** Starts a job and stops watching it, as a Moorage does that is killed. */
async function abandonedJob(domain: ReturnType<typeof openMemoryDomain>, command: string[], timeoutMs: number) {
  const events = domain.platform.job.run({ command, timeoutMs })[Symbol.asyncIterator]();
  for (;;) {
    const step = await events.next();
    if (step.done === true) throw new Error("The job ended before it could be abandoned.");
    if (step.value.type === "started") return step.value;
  }
}

describe("after a Moorage was ended", () => {
  it("leaves the jobs of a living one alone", async () => {
    await using domain = openMemoryDomain();
    await abandonedJob(domain, ["sleep", "0.2"], 1000);
    expect(await recoverRuns(domain.context)).toEqual([]);
    expect(await cleanup(domain.context)).toEqual({ removed: [], recovered: [] });
  });

  it("a sandbox's open run is recorded as interrupted, without a code", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const later = laterMoorage(domain);
    const abort = new AbortController();
    const running = collect(domain.platform.sandbox.exec({ id, command: ["sleep", "60"] }, { signal: abort.signal }));
    await expect.poll(async () => (await domain.context.store.runs.open()).length).toBe(1);
    const recovered = await recoverRuns(later.context);
    expect(recovered).toMatchObject([{ status: "interrupted" }]);
    const { items } = await later.platform.receipt.list({});
    expect(items).toMatchObject([{ status: "interrupted", exitCode: null, stdoutBytes: null }]);
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELED" });
  });

  it("a unit that nobody owns is removed, one that somebody owns stays", async () => {
    await using domain = openMemoryDomain();
    const kept = await domain.platform.sandbox.create({});
    const orphan = await domain.platform.sandbox.create({});
    await domain.context.store.sandboxes.remove(orphan.id);
    expect((await cleanup(domain.context)).removed).toEqual([{ kind: "sandbox", id: orphan.id }]);
    expect((await domain.context.engine.list()).map((unit) => unit.id)).toEqual([kept.id]);
  });

  it("a half-made sandbox is swept when its maker is dead", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    await domain.context.store.sandboxes.transition(id, {}, { state: "starting" });
    expect((await cleanup(domain.context)).removed).toEqual([]);
    expect((await cleanup(laterMoorage(domain).context)).removed).toEqual([{ kind: "sandbox", id }]);
    expect(await domain.context.engine.list()).toEqual([]);
  });
});
