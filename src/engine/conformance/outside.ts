import { readFile, rm, writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { newId } from "../../base/ids.ts";
import { collect } from "./collect.ts";
import type { Fixture, Unit } from "./fixture.ts";

const TEXT = "outside";

/** A file under the same path in the unit's /tmp and on this host: what a link out of the workspace could lead to. */
export type Outside = AsyncDisposable & {
  readonly name: string;
  readonly path: string;
  readonly expectUntouched: () => Promise<void>;
};

export async function makeOutside({ exec, harness }: Fixture, unit: Unit): Promise<Outside> {
  const name = `moorage-conformance-${newId()}`;
  const path = `/tmp/${name}`;
  await writeFile(path, TEXT);
  await collect(await exec(unit, harness.programs.writeFile(path, TEXT)));
  return {
    name,
    path,
    expectUntouched: async () => {
      expect(await readFile(path, "utf8")).toBe(TEXT);
      // An engine may give each run a /tmp of its own: then the file is gone, but never another.
      const { out } = await collect(await exec(unit, harness.programs.readFile(path)));
      expect(["", TEXT]).toContain(out);
    },
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  };
}
