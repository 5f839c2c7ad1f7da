import { expect } from "vitest";
import { collect, eventually } from "./collect.ts";
import { readText } from "./file-text.ts";
import type { Fixture, Unit } from "./fixture.ts";

export const BEAT = "/workspace/beat";

/**
 * Waits until the number in the file changes: its writer is alive. Read by a program, since an archive of a file that
 * changes meanwhile may break off.
 */
export async function beating({ exec, harness }: Fixture, unit: Unit): Promise<void> {
  const beat = async (): Promise<string | undefined> =>
    (await collect(await exec(unit, harness.programs.readFile(BEAT)))).out || undefined;
  const first = await eventually("a first beat", beat);
  await eventually("the next beat", async () => {
    const text = await beat();
    return text === first ? undefined : text;
  });
}

/** Expects that nobody writes to the file any more. */
export async function stopped(fixture: Fixture, unit: Unit): Promise<void> {
  const last = await readText(fixture, unit, BEAT);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await readText(fixture, unit, BEAT), "a process of the tree is alive").toBe(last);
}
