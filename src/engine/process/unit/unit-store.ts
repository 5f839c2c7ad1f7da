import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ZodType } from "zod";
import { ID_PATTERN, newId } from "../../../base/ids.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { UnitIdentity, UnitLabels } from "../../unit-labels.ts";
import { errorCode } from "../group/control-group-files.ts";
import { makeDirectory } from "../host/make-directory.ts";
import { identityOfToken, identityToken, isAlive } from "../host/process-identity.ts";
import { writeEtc } from "./unit-etc.ts";
import { ExitRecord, HoldRecord, UnitRecord } from "./unit-record.ts";

export type Unit = UnitIdentity & { readonly directory: string; readonly record: UnitRecord };

export type StorePlace = { readonly state: string; readonly labels: UnitLabels; readonly rm: string };

/** Units on disk: `<state>/<id>/`, which only Moorage's own user can enter. */
export type UnitStore = {
  /** The directory that holds them. */
  readonly place: string;
  /** CONFLICT when the id is taken. */
  readonly create: (id: string, record: UnitRecord) => Promise<Unit>;
  /** A unit that is never listed; whoever makes it erases it. */
  readonly createUnseen: (id: string, record: UnitRecord) => Promise<Unit>;
  /** Undefined where there is none, or none of this deployment. */
  readonly read: (id: string) => Promise<Unit | undefined>;
  readonly list: () => Promise<readonly Unit[]>;
  /** True when the id is taken, by whomever. */
  readonly taken: (id: string) => Promise<boolean>;
  readonly recordExit: (id: string, exit: ExitRecord) => Promise<void>;
  readonly readExit: (id: string) => Promise<ExitRecord | undefined>;
  /** A sandbox that is held takes no runs until `release`. NOT_FOUND when it is gone. */
  readonly hold: (id: string, state: HoldRecord["state"]) => Promise<void>;
  readonly release: (id: string) => Promise<void>;
  readonly readHold: (id: string) => Promise<HoldRecord | undefined>;
  /** Takes a unit out of sight at once; answers where it waits for its removal. */
  readonly hide: (id: string) => Promise<string | undefined>;
  /** What Moorages that were killed left half made or half removed. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** Removes a tree for good. */
  readonly erase: (directory: string) => Promise<void>;
};

const REMOVED = ".removed";
const PREPARED = ".prepared";
const ERASE_MS = 120_000;
const MAX_COMPLAINT_BYTES = 64 * 1024;

export function createUnitStore(place: StorePlace): UnitStore {
  const { state, labels } = place;
  const read = (id: string): Promise<Unit | undefined> => readUnit(state, labels, id);
  return {
    place: state,
    create: async (id, record) => {
      await createUnit(place, id, record);
      const unit = await read(id);
      if (unit === undefined) throw new MoorageError("INTERNAL", `The sandbox ${id} was written and cannot be read.`);
      return unit;
    },
    createUnseen: async (id, record) => ({ id, kind: "job", record, directory: await prepareUnit(place, record) }),
    read,
    list: async () => {
      const units = await Promise.all((await names(state)).map(read));
      return units.filter((unit) => unit !== undefined);
    },
    taken: async (id) => (await names(state)).includes(id),
    recordExit: async (id, exit) => {
      try {
        await replace(join(state, id, "exit.json"), exit);
      } catch (error) {
        // The unit was removed meanwhile, and its end is nobody's any more.
        if (errorCode(error) !== "ENOENT") throw error;
      }
    },
    readExit: async (id) => parsed(ExitRecord, await text(join(state, id, "exit.json"))),
    hold: async (id, held) => {
      try {
        await replace(join(state, id, "held.json"), { state: held, since: Date.now() });
      } catch (error) {
        if (errorCode(error) !== "ENOENT") throw error;
        throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`, { cause: error });
      }
    },
    release: (id) => rm(join(state, id, "held.json"), { force: true }),
    readHold: async (id) => parsed(HoldRecord, await text(join(state, id, "held.json"))),
    hide: async (id) => {
      const target = join(state, REMOVED, `${id}-${newId()}`);
      await makeDirectory(join(state, REMOVED), 0o700);
      return (await moved(join(state, id), target, "ENOENT")) ? target : undefined;
    },
    leftovers: async () => {
      const removed = (await names(join(state, REMOVED))).map((name) => join(state, REMOVED, name));
      return [...removed, ...(await abandoned(join(state, PREPARED)))];
    },
    erase: (directory) => erase(place.rm, directory),
  };
}

async function readUnit(state: string, labels: UnitLabels, id: string): Promise<Unit | undefined> {
  if (!ID_PATTERN.test(id)) return undefined;
  const directory = join(state, id);
  const record = parsed(UnitRecord, await text(join(directory, "unit.json")));
  const identity = record === undefined ? undefined : labels.verify(record.labels);
  // A directory that was moved does not take another's place.
  return record === undefined || identity?.id !== id ? undefined : { ...identity, directory, record };
}

/** Prepared out of sight, so that a unit is there whole or not at all. */
async function createUnit(place: StorePlace, id: string, record: UnitRecord): Promise<void> {
  const prepared = await prepareUnit(place, record);
  if (await moved(prepared, join(place.state, id), "ENOTEMPTY", "EEXIST")) return;
  await erase(place.rm, prepared);
  throw new MoorageError("CONFLICT", `The sandbox ${id} exists already.`, { details: { id } });
}

async function prepareUnit({ state, rm: removal }: StorePlace, record: UnitRecord): Promise<string> {
  const prepared = join(state, PREPARED, `${identityToken(record.owner)}-${newId()}`);
  await makeDirectory(join(state, PREPARED), 0o700);
  try {
    await mkdir(prepared);
    await writeEtc(join(prepared, "etc"), record.mappedUser ?? record.user);
    for (const place of ["workspace", "home", "tmp"]) await makePlace(join(prepared, place), record.user);
    await replace(join(prepared, "unit.json"), record);
    // The unit's user passes through to the workspace; what is above lets nobody through.
    await chmod(prepared, 0o711);
    return prepared;
  } catch (error) {
    await erase(removal, prepared);
    throw error;
  }
}

async function makePlace(path: string, { uid, gid }: UnitRecord["user"]): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}

/** Entries whose maker, named at their beginning, has ended. */
async function abandoned(folder: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of await names(folder)) {
    const owner = identityOfToken(name);
    if (owner === undefined || !(await isAlive(owner))) left.push(join(folder, name));
  }
  return left;
}

// A program can make trees whose paths are longer than the kernel takes at once, which Node's own removal cannot take
// away; starting another one for every unit would take longer than all else of a short job.
async function erase(program: string, directory: string): Promise<void> {
  try {
    return await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
  await promisify(execFile)(program, ["-rf", "--", directory], {
    timeout: ERASE_MS,
    env: {},
    maxBuffer: MAX_COMPLAINT_BYTES,
  });
}

/** Written beside and moved into place, so that nobody reads half of it. */
async function replace(path: string, content: UnitRecord | ExitRecord | HoldRecord): Promise<void> {
  const beside = `${path}.${newId()}`;
  await writeFile(beside, JSON.stringify(content), { mode: 0o600 });
  await rename(beside, path);
}

/** False where it cannot be moved for one of these reasons. */
async function moved(from: string, to: string, ...unless: readonly string[]): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (unless.includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

function parsed<T>(schema: ZodType<T>, content: string | undefined): T | undefined {
  if (content === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}

async function text(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

async function names(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
