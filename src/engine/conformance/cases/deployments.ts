import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import type { Engine } from "../../engine.ts";
import { createUnitLabels } from "../../unit-labels.ts";
import { collect } from "../collect.ts";
import { newLabels, runSpec, soon, type Fixture, type Unit } from "../fixture.ts";
import { tarOf } from "../tar.ts";

export function describeDeployments(fixture: () => Fixture): void {
  describe("whose units they are", () => {
    test("another engine of the same deployment finds a sandbox and runs in it", async () => {
      const { sandbox, openAgain, labels, harness, exec } = fixture();
      await using unit = await sandbox({ env: { UNIT: "kept" } });
      await collect(await exec(unit, harness.programs.writeFile("/workspace/file", "kept")));
      await using other = await openAgain(labels);
      expect(await soon(other.inspect(unit.id), "inspect")).toMatchObject({ id: unit.id, state: "running" });
      const commands = [harness.programs.readFile("/workspace/file"), harness.programs.env("UNIT")];
      for (const command of commands) {
        const run = await soon(other.exec(unit.id, runSpec(command)), "exec");
        expect((await collect(run)).out.trim()).toBe("kept");
      }
    });

    test("closing an engine leaves its units as they are", async () => {
      const { sandbox, openAgain, harness, exec } = fixture();
      await using unit = await sandbox();
      const other = await openAgain();
      await collect(await soon(other.exec(unit.id, runSpec(harness.programs.exit(0))), "exec"));
      await soon(other[Symbol.asyncDispose](), "closing the engine");
      expect((await collect(await exec(unit, harness.programs.print("here", "")))).out).toBe("here");
    });

    test("a unit of another deployment is absent to every method", async () => {
      const { sandbox, openAgain, exec, harness } = fixture();
      await using unit = await sandbox();
      await using stranger = await openAgain(newLabels());
      await expectAbsent(fixture(), stranger, unit);
      expect((await collect(await exec(unit, harness.programs.exit(6)))).exit.exitCode).toBe(6);
    });

    test("a unit whose signature does not hold is absent, whatever its labels say", async () => {
      const { sandbox, openAgain, labels, exec, harness } = fixture();
      await using unit = await sandbox();
      await using stranger = await openAgain(createUnitLabels(labels.deployment, randomBytes(32)));
      await expectAbsent(fixture(), stranger, unit);
      expect((await collect(await exec(unit, harness.programs.exit(6)))).exit.exitCode).toBe(6);
    });

    test("labels for other tools do not displace ours", async () => {
      const { sandbox, engine } = fixture();
      await using unit = await sandbox({
        labels: { user_id: "somebody", "moorage.id": newId(), "moorage.kind": "job" },
      });
      expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ id: unit.id, kind: "sandbox" });
    });
  });
}

async function expectAbsent({ harness }: Fixture, engine: Engine, { id }: Unit): Promise<void> {
  expect(await soon(engine.inspect(id), "inspect")).toBeUndefined();
  expect(await soon(engine.list(), "list")).toEqual([]);
  const run = engine.exec(id, runSpec(harness.programs.exit(0)));
  await expect(soon(run, "exec")).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
  await expect(soon(engine.files.list(id, "/workspace"), "list files")).rejects.toMatchObject({ code: "NOT_FOUND" });
  const upload = engine.files.upload(id, { path: "/workspace", tar: tarOf({ name: "planted", content: "x" }) });
  await expect(soon(upload, "upload")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await soon(engine.remove(id), "remove");
}
