import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import type { EngineSnapshots, SnapshotWish, UnitSpec } from "../../engine.ts";
import { collect, failure, readStdout } from "../collect.ts";
import { newLabels, soon, type Fixture, type Unit } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const MIB = 1024 * 1024;
const MAX_BYTES = 512 * MIB;
const TAKE_MS = 60_000;

type Taken = AsyncDisposable & { readonly id: string; readonly reference: string; readonly sizeBytes: number };

export function describeSnapshots(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("snapshots", { timeout: 120_000 }, () => {
    if (harness.supports.snapshots) describeTaking(fixture);
    else
      test("an engine that cannot make an image of a sandbox does not say it can", () => {
        expect(fixture().engine.snapshots).toBeUndefined();
      });
  });
}

function describeTaking(fixture: () => Fixture): void {
  describeContents(fixture);
  describeRemoval(fixture);

  test("a sandbox that is absent, an id that is taken, and a size that is too much are refused", async () => {
    const { sandbox, exec, harness } = fixture();
    const snapshots = snapshotsOf(fixture());
    const absent = snapshots.take({ sandbox: newId(), id: newId(), maxBytes: MAX_BYTES });
    expect((await failure(soon(absent, "take"))).code).toBe("NOT_FOUND");
    await using unit = await sandbox();
    await using taken = await take(fixture(), unit);
    const again = snapshots.take({ sandbox: unit.id, id: taken.id, maxBytes: MAX_BYTES });
    expect((await failure(soon(again, "take"))).code).toBe("CONFLICT");
    expect(await soon(snapshots.find(taken.id), "find")).toBeDefined();
    for (const path of ["/workspace/large", "/tmp/large"]) {
      const written = await collect(await exec(unit, harness.programs.fillFile(path, MIB)));
      expect(written.exit.exitCode).toBe(0);
      const id = newId();
      const large = snapshots.take({ sandbox: unit.id, id, maxBytes: MIB / 2 });
      expect(await failure(soon(large, "take", TAKE_MS))).toMatchObject({ code: "LIMIT_EXCEEDED" });
      expect(await soon(snapshots.find(id), "find")).toBeUndefined();
    }
    expect((await collect(await exec(unit, harness.programs.exit(7)))).exit.exitCode).toBe(7);
  });

  test("a canceled one is CANCELED, and nothing is left", async () => {
    await using unit = await fixture().sandbox();
    const snapshots = snapshotsOf(fixture());
    const id = newId();
    const canceled = snapshots.take({ sandbox: unit.id, id, maxBytes: MAX_BYTES }, AbortSignal.abort());
    expect((await failure(soon(canceled, "take"))).code).toBe("CANCELED");
    expect(await soon(snapshots.find(id), "find")).toBeUndefined();
  });
}

function describeContents(fixture: () => Fixture): void {
  test("one has the root filesystem and the workspace, and the sandbox goes on", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    const { programs } = harness;
    await using unit = await sandbox({ env: { SECRET: "told to nobody" } });
    await writeBoth(fixture(), unit, "first");
    await collect(await exec(unit, programs.link("/etc/passwd", "/workspace/out")));
    const running = await exec(unit, programs.sleep(60));
    await readStdout(running).until("ready");
    await using taken = await take(fixture(), unit);
    expect(taken.sizeBytes).toBeGreaterThan(0);
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "running" });
    await writeBoth(fixture(), unit, "second");
    await soon(running.kill(), "kill");
    await using fork = await sandboxOf(fixture(), taken);
    expect(await readBoth(fixture(), fork)).toEqual(["first", "first"]);
    expect(await soon(engine.files.stat(fork.id, "/workspace/out"), "stat")).toMatchObject({ type: "symlink" });
    expect((await collect(await exec(fork, programs.env("SECRET")))).out).not.toContain("nobody");
    expect(await readBoth(fixture(), unit)).toEqual(["second", "second"]);
  });

  test("one of a paused or stopped sandbox leaves it so", async () => {
    const { engine, sandbox } = fixture();
    for (const state of engine.freezer === undefined ? (["exited"] as const) : (["paused", "exited"] as const)) {
      await using unit = await sandbox();
      await writeBoth(fixture(), unit, state);
      if (state === "paused") await soon(engine.freezer?.pause(unit.id) ?? Promise.resolve(), "pause");
      else await soon(engine.stop(unit.id, { graceMs: 0 }), "stop");
      await using taken = await take(fixture(), unit);
      expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state });
      await using fork = await sandboxOf(fixture(), taken);
      expect(await readBoth(fixture(), fork)).toEqual([state, state]);
    }
  });

  test("what was removed after one snapshot is not in the next, and the first goes without the second", async () => {
    const { engine, sandbox } = fixture();
    await using unit = await sandbox();
    await writeBoth(fixture(), unit, "first");
    const first = await take(fixture(), unit);
    const fork = await sandboxOf(fixture(), first);
    await soon(engine.files.remove(fork.id, "/workspace/kept"), "remove a file");
    await using second = await take(fixture(), fork);
    await fork[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await using next = await sandboxOf(fixture(), second);
    const names = (await soon(engine.files.list(next.id, "/workspace"), "list")).map(({ name }) => name);
    expect(names).toEqual([]);
  });

  test("one without the workspace has the root filesystem alone", async () => {
    const { engine, sandbox } = fixture();
    await using unit = await sandbox();
    await writeBoth(fixture(), unit, "text");
    await using whole = await take(fixture(), unit);
    await using fork = await sandboxOf(fixture(), whole);
    await using taken = await take(fixture(), fork, { workspace: false });
    await using empty = await sandboxOf(fixture(), taken);
    expect(await soon(engine.files.list(empty.id, "/workspace"), "list")).toEqual([]);
    expect((await readBoth(fixture(), empty))[0]).toBe("text");
  });

  test("a volume has its files in one, and is filled from one only while it is empty", async () => {
    const { engine, sandbox } = fixture();
    if (engine.volumes === undefined) return;
    const [full, empty] = [newId(), newId()];
    for (const volume of [full, empty]) await soon(engine.volumes.ensure(volume), "ensure");
    try {
      const first = await sandbox({ workspace: { type: "named", volume: full } });
      await writeBoth(fixture(), first, "first");
      await using taken = await take(fixture(), first);
      await writeBoth(fixture(), first, "second");
      await first[Symbol.asyncDispose]();
      for (const [volume, text] of [
        [full, "second"],
        [empty, "first"],
      ] as const) {
        await using fork = await sandboxOf(fixture(), taken, { workspace: { type: "named", volume } });
        expect(await readBoth(fixture(), fork)).toEqual(["first", text]);
      }
    } finally {
      for (const volume of [full, empty]) await soon(engine.volumes.remove(volume), "remove");
    }
  });
}

function describeRemoval(fixture: () => Fixture): void {
  test("one is its deployment's alone, is no image to be named, and stays while a sandbox is made of it", async () => {
    const { sandbox, engine, openAgain } = fixture();
    await using unit = await sandbox();
    await using taken = await take(fixture(), unit);
    const snapshots = snapshotsOf(fixture());
    await using stranger = await openAgain(newLabels());
    expect(await soon(snapshotsOf({ engine: stranger }).find(taken.id), "find")).toBeUndefined();
    await soon(snapshotsOf({ engine: stranger }).remove(taken.id), "remove by another deployment");
    expect(await soon(engine.images?.find(taken.reference) ?? Promise.resolve(undefined), "find")).toBeUndefined();
    const named = engine.images?.ensure(taken.reference, {}) ?? Promise.resolve(undefined);
    expect((await failure(soon(named, "ensure"))).code).toBe("IMAGE_NOT_FOUND");
    const fork = await sandboxOf(fixture(), taken);
    expect((await failure(soon(snapshots.remove(taken.id), "remove"))).code).toBe("CONFLICT");
    await fork[Symbol.asyncDispose]();
    await soon(snapshots.remove(taken.id), "remove");
    expect(await soon(snapshots.find(taken.id), "find")).toBeUndefined();
    await soon(snapshots.remove(taken.id), "remove an absent one");
  });
}

function snapshotsOf({ engine }: Pick<Fixture, "engine">): EngineSnapshots {
  if (engine.snapshots === undefined) throw new Error("The harness declares snapshots.");
  return engine.snapshots;
}

async function take(fixture: Fixture, unit: Unit, wish: Partial<SnapshotWish> = {}): Promise<Taken> {
  const snapshots = snapshotsOf(fixture);
  const id = newId();
  const info = await soon(snapshots.take({ sandbox: unit.id, id, maxBytes: MAX_BYTES, ...wish }), "take", TAKE_MS);
  expect((await soon(snapshots.find(id), "find"))?.digest).toBe(info.digest);
  return { ...info, id, [Symbol.asyncDispose]: () => soon(snapshots.remove(id), "remove the snapshot") };
}

function sandboxOf({ sandbox }: Fixture, { reference }: Taken, wish: Partial<UnitSpec> = {}): Promise<Unit> {
  return sandbox({ image: reference, ...wish });
}

/** In the root filesystem and in the workspace. */
const PLACES = ["/etc/kept", "/workspace/kept"];

async function writeBoth({ exec, harness }: Fixture, unit: Unit, text: string): Promise<void> {
  for (const path of PLACES) {
    const written = await collect(await exec(unit, harness.programs.writeFile(path, text)));
    expect(written.exit.exitCode).toBe(0);
  }
}

function readBoth({ exec, harness }: Fixture, unit: Unit): Promise<string[]> {
  return Promise.all(
    PLACES.map(async (path) => (await collect(await exec(unit, harness.programs.readFile(path)))).out),
  );
}
