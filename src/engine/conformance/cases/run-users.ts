import { describe, expect, test } from "vitest";
import { collect, failure, readStdout } from "../collect.ts";
import { runSpec, soon, useSandbox, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

export function describeRunUsers({ supports, programs }: ConformanceHarness, fixture: () => Fixture): void {
  describe("the user of a run", () => {
    const sandbox = useSandbox(fixture, { capabilities: ["KILL", "SETUID", "SETGID"] });
    const refused = async (user: string) => {
      const run = fixture().engine.exec(sandbox().id, runSpec(programs.uid(), { user }));
      const { code, message, hint } = await failure(run);
      return { code, message, hint };
    };

    if (!supports.users) {
      test("another user than the unit's is ENGINE_UNSUPPORTED", async () => {
        expect(await refused("nobody")).toMatchObject({
          code: "ENGINE_UNSUPPORTED",
          message: expect.stringContaining('no other users than the sandbox\'s own, such as "nobody"') as string,
          hint: "Leave it out, or use Docker with --engine docker.",
        });
      });
      return;
    }

    test.each([
      ["1234", "1234\n"],
      ["1234:4321", "1234\n"],
      ["root", "0\n"],
    ])("%s is whom the program runs as", async (user, uid) => {
      const { exec } = fixture();
      const { out, exit } = await collect(await exec(sandbox(), programs.uid(), { user }));
      expect({ out, exitCode: exit.exitCode }).toEqual({ out: uid, exitCode: 0 });
    });

    test("a run of another user is ended like any other", async () => {
      const { exec } = fixture();
      const run = await exec(sandbox(), programs.trapTerm(60), { user: "1234" });
      await readStdout(run).until("ready");
      await soon(run.terminate(), "terminate");
      expect(await soon(run.kill(), "kill")).toEqual({ unitStopped: false });
      expect((await soon(run.exit, "exit")).exitCode).toBe(137);
    });

    test("a user that the unit does not have is INVALID_INPUT", async () => {
      expect(await refused("nobody-of-that-name")).toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringMatching(/has no user "nobody-of-that-name"\.$/) as string,
        hint: "Name one of its /etc/passwd, or a numeric uid or uid:gid.",
      });
    });
  });
}
