import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import type { Engine, EngineRun } from "../../engine.ts";
import { collect } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import { makeHostDirectory } from "../host-directory.ts";
import type { ConformanceHarness } from "../harness.ts";

const MIB = 1024 * 1024;
/** Directories and what a program leaves by the way. */
const BY_THE_WAY = 512 * 1024;

export function describeDisk(harness: ConformanceHarness, fixture: () => Fixture): void {
  const { fillFile } = harness.programs;

  test("what a sandbox writes is counted, in its workspace and outside of it; an absent one takes nothing", async () => {
    const { engine, sandbox, exec } = fixture();
    await using unit = await sandbox();
    const before = await soon(engine.disk.use(unit.id), "use");
    expect(await endOf(await exec(unit, fillFile("/workspace/here", 3 * MIB)))).toBe(0);
    expect(await endOf(await exec(unit, fillFile("/tmp/there", 5 * MIB)))).toBe(0);
    const after = await soon(engine.disk.use(unit.id), "use");
    const grown = {
      workspace: (after?.workspaceBytes ?? Number.NaN) - (before?.workspaceBytes ?? Number.NaN),
      root: (after?.rootBytes ?? Number.NaN) - (before?.rootBytes ?? Number.NaN),
    };
    expect(Math.abs(grown.workspace - 3 * MIB)).toBeLessThan(BY_THE_WAY);
    expect(Math.abs(grown.root - 5 * MIB)).toBeLessThan(BY_THE_WAY);
    expect(await soon(engine.disk.use(newId()), "use")).toBeUndefined();
    await expectRoom(engine);
  });

  test("a directory of the host is counted with what it held before", async () => {
    const { engine, sandbox, exec } = fixture();
    await using directory = await makeHostDirectory();
    await writeFile(join(directory.path, "held"), Buffer.alloc(2 * MIB, 1));
    const before = (await soon(engine.disk.directory(directory.path), "directory")) ?? Number.NaN;
    expect(Math.abs(before - 2 * MIB)).toBeLessThan(BY_THE_WAY);
    const place = { workspace: { type: "host", path: directory.path }, user: directory.owner } as const;
    await using unit = await sandbox(place);
    expect(await endOf(await exec(unit, fillFile("/workspace/here", 3 * MIB)))).toBe(0);
    const use = await soon(engine.disk.use(unit.id), "use");
    expect(Math.abs((use?.workspaceBytes ?? Number.NaN) - before - 3 * MIB)).toBeLessThan(BY_THE_WAY);
    expect(await soon(engine.disk.directory(join(directory.path, "missing")), "directory")).toBeNull();
  });
}

async function expectRoom(engine: Engine): Promise<void> {
  const room = await soon(engine.disk.room(), "room");
  // Nothing is told of a disk that is not this host's.
  if (room === null) return;
  expect(room.freeBytes).toBeGreaterThanOrEqual(0);
  expect(room.totalBytes).toBeGreaterThan(room.freeBytes);
}

async function endOf(run: EngineRun): Promise<number | null> {
  return (await collect(run)).exit.exitCode;
}
