import { describe, expect, test } from "vitest";
import { BEAT, beating, stopped } from "../beating.ts";
import { collect, readStdout } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

/** A run that only another engine object on the same host ends, by its handle. */
export function describeLostRuns({ supports, programs }: ConformanceHarness, fixture: () => Fixture): void {
  describe("a run whose Moorage is gone", () => {
    const expected = supports.lostRuns;

    test(expected ? "is found and ended, and once only" : "has ended with it", { timeout: 60_000 }, async () => {
      const { sandbox, exec, openAgain } = fixture();
      await using unit = await sandbox();
      const run = await exec(unit, programs.forkTree(BEAT, 60));
      expect(run.handle.length).toBeLessThanOrEqual(256);
      await readStdout(run).until("ready");
      await beating(fixture(), unit);
      const other = await exec(unit, programs.sleep(60));
      await readStdout(other).until("ready");
      await using later = await openAgain();
      expect(await soon(later.endLost(unit.id, run), "endLost")).toBe(expected);
      if (!expected) await run.kill();
      await stopped(fixture(), unit);
      expect((await soon(run.exit, "exit")).exitCode).toBe(137);
      expect(await soon(later.endLost(unit.id, run), "endLost")).toBe(false);
      expect(await soon(other.kill(), "kill of a run that goes on")).toEqual({ unitStopped: false });
    });

    test("one that has ended, an unknown handle and an unknown unit: nothing lived", async () => {
      const { sandbox, exec, engine } = fixture();
      await using unit = await sandbox();
      const run = await exec(unit, programs.exit(0));
      await collect(run);
      expect(await soon(engine.endLost(unit.id, run), "endLost")).toBe(false);
      expect(await soon(engine.endLost(unit.id, { handle: "nonsense" }), "endLost")).toBe(false);
      expect(await soon(engine.endLost("aaaaaaaaaaaaaaaaaaaa", run), "endLost")).toBe(false);
    });
  });
}
