import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../base/ids.ts";
import type { Finding } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import type { ClockReading } from "./clock.ts";
import { failed, ok } from "./finding.ts";

const OTHERS = 0o077;

export type StateLook = {
  readonly finding: Finding;
  /** What the file system's clock says; undefined when nothing could be written. */
  readonly clock: ClockReading | undefined;
};

/** Whether Moorage's state can be written, and whether its keys are its owner's alone. */
export async function checkState(context: DomainContext): Promise<StateLook> {
  const { stateDirectory } = context;
  const check = "system.state";
  try {
    const clock = await writeOnce(context);
    const open = context.hostUser === undefined ? [] : await openToOthers(join(stateDirectory, "keys"));
    if (open.length === 0)
      return { clock, finding: ok(check, `${stateDirectory} is writable and its keys are private.`) };
    const paths = open.map(({ path, mode }) => `${path} (mode ${mode})`).join(", ");
    const message = `Others on this machine can use keys: ${paths}; expected mode 0600, 0700 for the directory.`;
    return { clock, finding: failed(check, message, `Run \`chmod -R go= ${join(stateDirectory, "keys")}\`.`) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const fix = "Make it a directory of the user who runs this, with space, or name another with MOORAGE_HOME.";
    return { clock: undefined, finding: failed(check, `${stateDirectory} cannot be used: ${error.message}.`, fix) };
  }
}

async function writeOnce({ stateDirectory, clock }: DomainContext): Promise<ClockReading> {
  const path = join(stateDirectory, `.doctor-${newId()}`);
  const before = clock.now();
  try {
    await writeFile(path, "", { flag: "wx", mode: 0o600 });
    const { mtimeMs } = await stat(path);
    // File times come from the kernel's tick, which lags behind by some milliseconds.
    return { from: `the file system of ${stateDirectory}`, ms: mtimeMs, stepMs: 10, before, after: clock.now() };
  } finally {
    await rm(path, { force: true });
  }
}

type OpenFile = { readonly path: string; readonly mode: string };

async function openToOthers(keys: string): Promise<readonly OpenFile[]> {
  const names = await readdir(keys);
  const looked = await Promise.all(
    [keys, ...names.map((name) => join(keys, name))].map(async (path) => ({ path, mode: (await stat(path)).mode })),
  );
  return looked
    .filter(({ mode }) => (mode & OTHERS) !== 0)
    .map(({ path, mode }) => ({ path, mode: `0${(mode & 0o777).toString(8)}` }));
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}
