import { describe, expect, test } from "vitest";
import { collect, failure, inPieces, readStdout } from "../collect.ts";
import { runSpec, soon, useSandbox, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const SIZE = { columns: 132, rows: 43 };

export function describeTerminals({ supports, programs }: ConformanceHarness, fixture: () => Fixture): void {
  describe("a run on a terminal", () => {
    const sandbox = useSandbox(fixture);

    if (!supports.terminals) {
      test("is ENGINE_UNSUPPORTED", async () => {
        const run = fixture().engine.exec(sandbox().id, runSpec(programs.pwd(), { tty: SIZE }));
        const { code, message, hint } = await failure(run);
        expect({ code, message, hint }).toMatchObject({
          code: "ENGINE_UNSUPPORTED",
          message: expect.stringContaining("has no terminals") as string,
          hint: "Leave it out, or use Docker with --engine docker.",
        });
      });
      return;
    }

    test("has its size from the start, hears of changes, and can be ended", async () => {
      const { exec } = fixture();
      const run = await exec(sandbox(), programs.watchTerminal(60), { tty: SIZE });
      const reader = readStdout(run);
      expect(await reader.until("\n")).toBe("43 132\r\n");
      await soon(run.resize?.({ columns: 80, rows: 24 }) ?? Promise.reject(new Error("no resize")), "resize");
      expect(await reader.until("24 80")).toContain("24 80\r\n");
      await soon(run.signal("INT"), "signal INT");
      expect(await soon(run.exit, "exit")).toMatchObject({ exitCode: 130, signal: "SIGINT" });
    });

    test("prints all on stdout, with the ends of lines of a terminal", async () => {
      const { exec } = fixture();
      const { out, err, exit } = await collect(await exec(sandbox(), programs.print("a\n", "b\n"), { tty: SIZE }));
      expect({ out, err, exitCode: exit.exitCode }).toEqual({ out: "a\r\nb\r\n", err: "", exitCode: 0 });
    });

    test("takes what is typed", async () => {
      const { exec } = fixture();
      const stdin = inPieces(Buffer.from("typed\n"));
      const run = await exec(sandbox(), programs.cat(), { tty: SIZE, stdin });
      expect(await readStdout(run).until("typed\r\n")).toContain("typed\r\n");
      expect(await soon(run.kill(), "kill")).toEqual({ unitStopped: false });
    });

    test("a resize after the end is no error, and without a terminal there is none", async () => {
      const { exec } = fixture();
      const run = await exec(sandbox(), programs.exit(3), { tty: SIZE });
      expect((await collect(run)).exit.exitCode).toBe(3);
      await soon(run.resize?.(SIZE) ?? Promise.reject(new Error("no resize")), "resize");
      expect((await exec(sandbox(), programs.exit(0))).resize).toBeUndefined();
    });
  });
}
