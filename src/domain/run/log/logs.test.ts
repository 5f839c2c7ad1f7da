import { describe, expect, it } from "vitest";
import { collect, openMemoryDomain, resultOf, type MemoryDomain } from "../../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../../test/fixtures/set-clock.ts";
import { createReaper } from "../../reaper/reaper.ts";
import type { RunLog } from "../../../contracts/types.ts";

const text = ({ items }: RunLog): string =>
  items.map((item) => ("data" in item ? item.data : `<${item.bytes}>`)).join("");

async function printed(domain: MemoryDomain, stdout: string, stderr = ""): Promise<string> {
  const { runId } = await resultOf(domain.platform.job.run({ command: ["print", stdout, stderr] }));
  return runId;
}

describe("the log of a run", () => {
  it("is read by offset, piece by piece, as it was printed", async () => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "äbc\ndef\n", "oops\n");
    const { run } = domain.platform;
    const whole = await run.logs({ runId });
    expect(whole).toMatchObject({ status: "succeeded", nextOffset: 14, complete: true });
    expect(whole.items).toMatchObject([
      { type: "stdout", offset: 0, data: "äbc\ndef\n", encoding: "utf8" },
      { type: "stderr", offset: 9, data: "oops\n", encoding: "utf8" },
    ]);
    let seen = "";
    for (let offset = 0; offset < whole.nextOffset;) {
      const piece = await run.logs({ runId, offset, limit: 3 });
      expect(piece.nextOffset).toBeGreaterThan(offset);
      offset = piece.nextOffset;
      seen += text(piece);
    }
    expect(seen).toBe("äbc\ndef\noops\n");
    expect(text(await run.logs({ runId, stream: "stderr" }))).toBe("oops\n");
    expect(await run.logs({ runId, offset: 14 })).toMatchObject({ items: [], nextOffset: 14, complete: true });
  });

  it.each([
    [0, ""],
    [1, "c\nz\n"],
    [2, "b\nc\ny\nz\n"],
    [3, "a\nb\nc\ny\nz\n"],
    [100, "a\nb\nc\ny\nz\n"],
  ])("by the last %i lines of each stream", async (tail, expected) => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "a\nb\nc\n", "y\nz\n");
    expect(text(await domain.platform.run.logs({ runId, tail }))).toBe(expected);
  });

  it("by its tail counts an unfinished line, and is cut to the limit from its front", async () => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "a\nbcd\n\nef");
    const { run } = domain.platform;
    expect(text(await run.logs({ runId, tail: 2 }))).toBe("\nef");
    expect(text(await run.logs({ runId, tail: 3, limit: 4 }))).toBe("\n\nef");
  });

  it("of the last run is the sandbox's", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    await expect(sandbox.logs({ id })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `The sandbox "${id}" has had no run yet.`,
      hint: `Run something in it: \`moorage sandbox exec ${id} -- COMMAND\`.`,
    });
    for (const word of ["first", "second"]) await collect(sandbox.exec({ id, command: ["echo", word] }));
    expect(text(await sandbox.logs({ id }))).toBe("second\n");
  });

  it("outlives its sandbox, and goes with the run that its owner removes", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, run, receipt } = domain.platform;
    const { id } = await sandbox.create({});
    const { runId } = await resultOf(sandbox.exec({ id, command: ["echo", "kept"] }));
    await sandbox.remove({ id });
    expect(text(await run.logs({ runId }))).toBe("kept\n");
    expect((await run.list({ sandbox: id })).items).toMatchObject([{ runId }]);
    expect(await run.remove({ runId })).toEqual({ runId, removed: true });
    await expect(run.logs({ runId })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await Array.fromAsync(logsOf(domain, runId))).toEqual([]);
    expect((await receipt.list({})).items).toMatchObject([{ runId }]);
  });

  it("that retention has removed is told as a gap", async () => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "gone");
    await domain.context.logs.remove(runId);
    const gap = { type: "gap", offset: 0, bytes: 4 };
    expect(await domain.platform.run.logs({ runId })).toMatchObject({ items: [gap], nextOffset: 4, complete: true });
    expect(await collect(domain.platform.run.attach({ runId }))).toMatchObject([
      { type: "started" },
      gap,
      { type: "result" },
    ]);
  });

  it("is cleaned up by age, but not while its run goes on", async () => {
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, logRetention: { maxAgeMs: 0, maxTotalBytes: 0 } };
    await using domain = openMemoryDomain({ policy });
    const ended = await printed(domain, "old");
    const abort = new AbortController();
    const running = domain.platform.job.run({ command: ["sleep", "600", "new"] }, { signal: abort.signal });
    let goesOn = "";
    for await (const event of running) {
      if (event.type === "started") goesOn = event.runId;
      if (event.type !== "stdout") continue;
      await domain.platform.system.cleanup({});
      expect(text(await domain.platform.run.logs({ runId: goesOn }))).toBe("new");
      expect(text(await domain.platform.run.logs({ runId: ended }))).toBe("<3>");
      break;
    }
  });

  it("is cleaned up by the reaper, once an hour", async () => {
    const clock = setClock();
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, logRetention: { maxAgeMs: 1e15, maxTotalBytes: 0 } };
    await using domain = openMemoryDomain({ policy, clock });
    const reaper = createReaper(domain.context);
    const first = await printed(domain, "one");
    await reaper.sweep();
    expect(text(await domain.platform.run.logs({ runId: first }))).toBe("<3>");
    const second = await printed(domain, "two");
    await reaper.sweep();
    expect(text(await domain.platform.run.logs({ runId: second }))).toBe("two");
    clock.pass(3_600_000);
    await reaper.sweep();
    expect(text(await domain.platform.run.logs({ runId: second }))).toBe("<3>");
  });

  it("goes with the record of its run, whose receipt stays", async () => {
    const clock = setClock();
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, recordRetention: { maxAgeMs: 7_200_000, maxCount: 3 } };
    await using domain = openMemoryDomain({ policy, clock });
    const { run, receipt } = domain.platform;
    const kept = async (): Promise<string[]> => (await run.list({})).items.map(({ runId }) => runId);
    const runIds: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      runIds.push(await printed(domain, "text"));
      clock.pass(1);
    }
    const reaper = createReaper(domain.context);
    await reaper.sweep();
    expect(await kept()).toEqual(runIds.slice(2).toReversed());
    expect(await Array.fromAsync(logsOf(domain, runIds[0] ?? ""))).toEqual([]);
    clock.pass(7_100_000);
    const young = await printed(domain, "young");
    clock.pass(200_000);
    await reaper.sweep();
    expect(await kept()).toEqual([young]);
    await expect(run.get({ runId: runIds[4] ?? "" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await receipt.list({})).items).toHaveLength(6);
    expect(await receipt.verify({})).toMatchObject({ ok: true });
  });

  it("and its record count the time that passes, whatever the clock is set to", async () => {
    const clock = setClock();
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, recordRetention: { maxAgeMs: 7_200_000, maxCount: 0 } };
    await using domain = openMemoryDomain({ policy, clock });
    const reaper = createReaper(domain.context);
    const runId = await printed(domain, "text");
    await reaper.sweep();
    clock.jump(86_400_000);
    clock.pass(3_600_000);
    await reaper.sweep();
    expect((await domain.platform.run.list({})).items).toMatchObject([{ runId }]);
    clock.pass(3_700_000);
    await reaper.sweep();
    expect((await domain.platform.run.list({})).items).toEqual([]);
  });

  it("and its record stay for ever where that is asked for", async () => {
    const clock = setClock();
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, recordRetention: { maxAgeMs: 0, maxCount: 0 } };
    await using domain = openMemoryDomain({ policy, clock });
    const runId = await printed(domain, "text");
    clock.pass(1e12);
    await domain.platform.system.cleanup({});
    expect((await domain.platform.run.list({})).items).toMatchObject([{ runId }]);
  });

  it("of somebody else is NOT_FOUND, as is the run itself", async () => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "secret");
    const { run } = domain.platformOf("bob");
    const expected = {
      code: "NOT_FOUND",
      message: `You have no run "${runId}".`,
      hint: "List your runs with `moorage runs ls`.",
    };
    await expect(run.get({ runId })).rejects.toMatchObject(expected);
    await expect(run.logs({ runId })).rejects.toMatchObject(expected);
    await expect(run.remove({ runId })).rejects.toMatchObject(expected);
    await expect(collect(run.attach({ runId }))).rejects.toMatchObject(expected);
    expect((await run.list({})).items).toEqual([]);
  });

  it.each([
    [{ offset: 5 }, "offset: expected at most 4, where the log ends (got 5)."],
    [{ offset: 0, tail: 1 }, "run.logs: expected either an offset or a tail, got both."],
    [{ tail: -1 }, "run.logs: tail: expected at least 0 (got -1)."],
    [{ tail: 1_000_000 }, "run.logs: tail: expected at most 100000 (got 1000000)."],
    [{ limit: 0 }, "run.logs: limit: expected at least 1 (got 0)."],
  ])("read with %o is INVALID_INPUT", async (selection, message) => {
    await using domain = openMemoryDomain();
    const runId = await printed(domain, "four");
    await expect(domain.platform.run.logs({ runId, ...selection })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message,
    });
  });
});

async function* logsOf({ context }: MemoryDomain, runId: string) {
  await using reader = context.logs.read(runId, 0);
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) yield frame;
}
