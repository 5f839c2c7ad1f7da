import { expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import { collect } from "../collect.ts";
import { newLabels, sandboxSpec, soon, type Fixture } from "../fixture.ts";

export function describeNoVolumes(fixture: () => Fixture): void {
  test("an engine without volumes refuses a workspace in one", async () => {
    const { engine, harness } = fixture();
    expect(engine.volumes).toBeUndefined();
    const spec = sandboxSpec(harness, { workspace: { type: "named", volume: newId() } });
    await expect(soon(engine.createSandbox(spec), "create")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
  });
}

export function describeVolumes(fixture: () => Fixture): void {
  test("a volume outlives its sandboxes, is no unit, and is removed when nothing has it", async () => {
    const { engine, sandbox, exec, harness, openAgain } = fixture();
    const { volumes } = engine;
    if (volumes === undefined) throw new Error("The harness declares volumes.");
    const volume = newId();
    const wish = { workspace: { type: "named", volume } } as const;
    await soon(volumes.ensure(volume), "ensure");
    try {
      const first = await sandbox(wish);
      const written = await collect(await exec(first, harness.programs.writeFile("/workspace/kept", "text")));
      expect(written.exit.exitCode).toBe(0);
      await expect(soon(volumes.remove(volume), "remove")).rejects.toMatchObject({ code: "CONFLICT" });
      await first[Symbol.asyncDispose]();
      await soon(volumes.ensure(volume), "ensure again");
      await using second = await sandbox(wish);
      expect((await collect(await exec(second, harness.programs.readFile("/workspace/kept")))).out).toBe("text");
      expect((await soon(engine.list(), "list")).map(({ id }) => id)).not.toContain(volume);
      await using stranger = await openAgain(newLabels());
      await soon(stranger.volumes?.remove(volume) ?? Promise.resolve(), "remove by another deployment");
      expect((await collect(await exec(second, harness.programs.readFile("/workspace/kept")))).out).toBe("text");
    } finally {
      await soon(volumes.remove(volume), "remove");
    }
    await soon(volumes.remove(volume), "remove an absent one");
  });
}
