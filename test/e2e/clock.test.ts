import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faketimeLibrary } from "../../scripts/setup/needed-packages.ts";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";

const HOUR = 3_600_000;
const SEEN = { timeout: 40_000, interval: 100 };
const JUMPS = { "+3h": 3 * HOUR, "-30d": -30 * 24 * HOUR, "+400d": 400 * 24 * HOUR };

/** The library keeps the clock of a process in shared memory, and leaves it there. */
async function forgetClockOf(pid: number): Promise<void> {
  for (const name of ["faketime_shm", "sem.faketime_sem"]) await rm(`/dev/shm/${name}_${pid}`, { force: true });
}

/** Elsewhere than on Linux no library lends a program another clock. */
const library = await faketimeLibrary();

describe.runIf(process.platform === "linux")("a machine whose clock is set while a server runs", () => {
  it("keeps deadlines, timers, runs and receipts as they are", { timeout: 180_000 }, async () => {
    if (library === undefined) throw new Error("libfaketime is not installed; `npm test` does that.");
    await using home = await openHome();
    const offset = join(home.root, "offset");
    await writeFile(offset, "+0");
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: "1",
      // As on a machine whose time is set: only the wall clock jumps.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    await using cleanup = new AsyncDisposableStack();
    await using server = await startServer(home, { env, configuration: { timers: { sweepMs: 200 } } });
    cleanup.defer(() => forgetClockOf(server.pid));
    const { sdk } = server;
    const wish = { image: "busybox:latest", idleTimeoutMs: HOUR, ttlMs: 2 * HOUR };
    const { id, expiresAt } = await sdk.sandbox.create(wish);
    const script = "while [ ! -e go ]; do sleep 0.1; done; echo over";
    const going = resultOf(sdk.sandbox.exec({ id, command: ["sh", "-c", script], timeoutMs: 120_000 }));
    for (const [text, jumpMs] of Object.entries(JUMPS)) {
      await writeFile(offset, text);
      const moved = async (): Promise<number> => {
        const sandbox = await sdk.sandbox.get({ id });
        expect(sandbox.state).toBe("running");
        return Date.parse(sandbox.expiresAt ?? "") - Date.parse(expiresAt ?? "");
      };
      // Its time to live has moved with the clock, to the second.
      await expect.poll(async () => Math.round((await moved()) / 1000), SEEN).toBe(Math.round(jumpMs / 1000));
    }
    await sdk.file.write({ id, path: "go", content: "" });
    expect(await going).toMatchObject({ status: "succeeded", stdout: "over\n", timedOut: false });
    const late = await resultOf(sdk.sandbox.exec({ id, command: ["sleep", "60"], timeoutMs: 500 }));
    expect(late).toMatchObject({ status: "timed_out", exitCode: 124 });
    // Measured by the clock that does not jump.
    expect(late.durationMs).toBeLessThan(HOUR);
    const { items } = await sdk.receipt.list({});
    expect(items).toMatchObject([{ status: "timed_out" }, { status: "succeeded" }]);
    expect(await sdk.receipt.verify({})).toMatchObject({ ok: true });
  });
});
