import { describe, expect, it } from "vitest";
import { collect, openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { RunEvent } from "../../contracts/types.ts";

const textOf = (events: readonly RunEvent[]): string =>
  events.map((event) => (event.type === "stdout" ? event.data : "")).join("");

async function nextOf(events: AsyncIterator<RunEvent>, type: RunEvent["type"]): Promise<RunEvent> {
  for (;;) {
    const step = await events.next();
    if (step.done === true) throw new Error(`The stream ended before ${type}.`);
    if (step.value.type === type) return step.value;
  }
}

describe("attaching to a run", () => {
  it("that has ended replays it, with its result, from any offset", async () => {
    await using domain = openMemoryDomain();
    const { runId } = await resultOf(domain.platform.job.run({ command: ["echo", "hello"] }));
    const events = await collect(domain.platform.run.attach({ runId }));
    expect(events.map(({ type }) => type)).toEqual(["started", "stdout", "result"]);
    expect(events[2]).toMatchObject({ result: { exitCode: 0, stdout: "hello\n" } });
    expect(textOf(await collect(domain.platform.run.attach({ runId, offset: 2 })))).toBe("llo\n");
    await expect(collect(domain.platform.run.attach({ runId, offset: 7 }))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "offset: expected at most 6, where the log ends (got 7).",
    });
  });

  it("by many at once shows each of them all of it, while it goes on", async () => {
    await using domain = openMemoryDomain();
    const running = domain.platform.job.run({ command: ["spam", "3000000"] })[Symbol.asyncIterator]();
    const started = await nextOf(running, "started");
    if (started.type !== "started") throw new Error("It has not started.");
    const readers = Array.from({ length: 5 }, () => collect(domain.platform.run.attach({ runId: started.runId })));
    await nextOf(running, "result");
    for (const events of await Promise.all(readers)) {
      expect(textOf(events)).toHaveLength(3_000_000);
      expect(events.at(-1)).toMatchObject({ type: "result", result: { stdoutBytes: 3_000_000 } });
    }
  });

  it("and leaving again does not end it", async () => {
    await using domain = openMemoryDomain();
    const running = domain.platform.job.run({ command: ["sleep", "0.5", "ready"] })[Symbol.asyncIterator]();
    const started = await nextOf(running, "started");
    if (started.type !== "started") throw new Error("It has not started.");
    for await (const event of domain.platform.run.attach({ runId: started.runId })) {
      if (event.type === "stdout") break;
    }
    const aborted = domain.platform.run.attach({ runId: started.runId }, { signal: AbortSignal.timeout(50) });
    await expect(collect(aborted)).rejects.toMatchObject({ code: "CANCELED" });
    expect(await nextOf(running, "result")).toMatchObject({ result: { status: "succeeded" } });
  });
});
