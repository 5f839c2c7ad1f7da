import { describe, expect, test } from "vitest";
import type { OutputPage } from "../../engine.ts";
import { collect } from "../collect.ts";
import { sandboxSpec, soon, type Fixture, type Unit } from "../fixture.ts";

const WAIT = { timeout: 20_000, interval: 50 };
const PORT = 4000;

function textOf({ chunks }: OutputPage): readonly string[] {
  return chunks.map(({ stream, data }) => `${stream} ${Buffer.from(data).toString()}`).toSorted();
}

export function describeNoMainProcess(fixture: () => Fixture): void {
  test("an engine without main processes refuses one, and tells nothing of ports", async () => {
    const { engine, harness } = fixture();
    const spec = sandboxSpec(harness, { main: { command: harness.programs.sleep(1) } });
    await expect(soon(engine.createSandbox(spec), "create")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
    expect(engine.ports).toBeUndefined();
  });
}

export function describeMainProcess(fixture: () => Fixture): void {
  const lastText = async (unit: Unit): Promise<string> => {
    const chunks = await soon(fixture().engine.lastOutput(unit.id), "lastOutput");
    return Buffer.concat(chunks.map(({ data }) => data)).toString();
  };

  describe("a sandbox's own main process", () => {
    test("runs beside other runs, and what it prints is kept", async () => {
      const { sandbox, exec, harness } = fixture();
      await using unit = await sandbox({ main: { command: harness.programs.serve(PORT) } });
      // An engine may keep whole lines alone.
      await expect.poll(() => lastText(unit), WAIT).toMatch(/^serving/);
      const { exit } = await collect(await exec(unit, harness.programs.exit(3)));
      expect(exit.exitCode).toBe(3);
    });

    test("that ends, ends the sandbox with its code; both stay to be read", async () => {
      const { engine, sandbox, harness } = fixture();
      await using unit = await sandbox({ main: { command: harness.programs.exit(7) } });
      await expect.poll(async () => (await engine.inspect(unit.id))?.state, WAIT).toBe("exited");
      expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ exitCode: 7, oomKilled: false });
      await using printed = await sandbox({ main: { command: harness.programs.print("out\n", "err\n") } });
      await expect.poll(async () => (await engine.inspect(printed.id))?.state, WAIT).toBe("exited");
      const chunks = await soon(engine.lastOutput(printed.id), "lastOutput");
      expect(chunks.map(({ stream, data }) => `${stream} ${Buffer.from(data).toString()}`).toSorted()).toEqual([
        "stderr err\n",
        "stdout out\n",
      ]);
    });

    test("is read piece by piece, each once, also over a restart", async () => {
      const { engine, sandbox, harness } = fixture();
      await using unit = await sandbox({ main: { command: harness.programs.print("out\n", "err\n") } });
      const ended = async () => (await engine.inspect(unit.id))?.state;
      await expect.poll(ended, WAIT).toBe("exited");
      const first = await soon(engine.outputSince(unit.id, undefined), "outputSince");
      expect(textOf(first)).toEqual(["stderr err\n", "stdout out\n"]);
      expect(first.gap).toBe(false);
      const none = await soon(engine.outputSince(unit.id, first.next ?? ""), "outputSince");
      expect(none).toEqual({ chunks: [], next: first.next, gap: false });
      await soon(engine.start(unit.id), "start");
      await expect.poll(ended, WAIT).toBe("exited");
      const second = await soon(engine.outputSince(unit.id, first.next ?? ""), "outputSince");
      expect(textOf(second)).toEqual(["stderr err\n", "stdout out\n"]);
      expect(second.gap).toBe(false);
      expect(textOf(await soon(engine.outputSince(unit.id, undefined), "outputSince"))).toHaveLength(4);
      await expect(soon(engine.outputSince(unit.id, "no place"), "outputSince")).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: '"no place" is no place in the output of a sandbox.',
        hint: "Give what an earlier answer called `next`, or nothing to begin with the oldest that is kept.",
      });
    });

    test("of a sandbox that waits for runs has printed nothing", async () => {
      await using unit = await fixture().sandbox();
      expect(await lastText(unit)).toBe("");
      const page = await soon(fixture().engine.outputSince(unit.id, undefined), "outputSince");
      expect(page).toEqual({ chunks: [], next: null, gap: false });
    });

    test("a port listens once a program serves on it, and no other does", async () => {
      const { engine, sandbox, harness } = fixture();
      await using unit = await sandbox({ main: { command: harness.programs.serve(PORT) } });
      const { ports } = engine;
      if (ports === undefined) throw new Error("An engine with main processes has ports.");
      await expect.poll(() => ports.listens(unit.id, PORT), WAIT).toBe(true);
      expect(await soon(ports.listens(unit.id, PORT + 1), "listens")).toBe(false);
      await expect(soon(ports.listens("k3v9x2m7q1w8e5r4t6y0", PORT), "listens")).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
    });
  });
}
