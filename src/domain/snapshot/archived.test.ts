import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { createReaper } from "../reaper/reaper.ts";

const HALF_YEAR = 180 * 86_400_000;

it("a snapshot or a fork of an archived sandbox is refused until it is started again, and leaves nothing", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-archive-"));
  try {
    const clock = setClock();
    await using domain = openMemoryDomain({ clock, stateDirectory }, { clock });
    const { sandbox, file, snapshot } = domain.platform;
    const { id } = await sandbox.create({ name: "web" });
    await file.write({ id, path: "kept", content: "text" });
    await sandbox.stop({ id });
    clock.pass(HALF_YEAR);
    await createReaper(domain.context).sweep();
    const { store } = domain.context;
    const archive = await store.snapshots.all();
    for (const work of [sandbox.snapshot({ id: "web", name: "taken" }), sandbox.fork({ id: "web", name: "second" })]) {
      await expect(work).rejects.toMatchObject({
        code: "SANDBOX_NOT_RUNNING",
        message: 'Sandbox "web" is archived (It was not used for 180 days); a snapshot needs one that the engine has.',
        hint: "Let it go on with `moorage sandbox start web`.",
        details: { state: "archived" },
      });
    }
    expect(await store.snapshots.all()).toEqual(archive);
    expect(await store.sandboxes.all()).toMatchObject([{ id, state: "archived", pending: null }]);
    expect((await snapshot.list({})).items).toEqual([]);
    await sandbox.start({ id });
    const { id: taken } = await sandbox.snapshot({ id: "web", name: "taken" });
    const made = [await sandbox.create({ snapshot: taken }), await sandbox.fork({ id: "web", name: "second" })];
    for (const { id: other } of made) {
      expect(await resultOf(sandbox.exec({ id: other, command: ["read", "kept"] }))).toMatchObject({ stdout: "text" });
    }
  } finally {
    await rm(stateDirectory, { recursive: true });
  }
});
