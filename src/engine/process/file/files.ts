import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { EntryInfo, UnitFiles } from "../../engine.ts";
import { WORKSPACE } from "../launch/bubblewrap-arguments.ts";
import type { EngineParts } from "../engine-parts.ts";
import { parseEntries } from "./file-entries.ts";
import { fileError, notAllowed } from "./file-errors.ts";
import { startFileProgram, TRANSFER_MS } from "./file-program.ts";
import { DOWNLOAD, LIST, REMOVE, STAT } from "./file-scripts.ts";
import { uploadArchive } from "./upload.ts";
import { memoryOfJob } from "../unit/unit-surroundings.ts";
import type { Unit } from "../unit/unit-store.ts";

const MAX_LISTING_BYTES = 32 * 1024 * 1024;

/** File operations. Each is done inside the unit's own walls: nothing here follows a path that a program can change. */
export function createUnitFiles(ready: () => Promise<EngineParts>): UnitFiles {
  const open = async (id: string, path: string): Promise<{ parts: EngineParts; unit: Unit }> => {
    const parts = await ready();
    const unit = await parts.store.read(id);
    if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no unit ${id}.`, { details: { id } });
    checkPath(path);
    refuseJobMemory(unit);
    return { parts, unit };
  };
  return {
    list: async (id, path, signal) => {
      const { parts, unit } = await open(id, path);
      return entries(parts, { unit, script: LIST, path }, signal);
    },
    stat: async (id, path, signal) => {
      const { parts, unit } = await open(id, path);
      const [entry] = await entries(parts, { unit, script: STAT, path }, signal);
      if (entry === undefined) throw new MoorageError("FILE_NOT_FOUND", `${JSON.stringify(path)} is gone.`);
      return entry;
    },
    download: async function* (id, path, signal) {
      const { parts, unit } = await open(id, path);
      yield* download(parts, { unit, script: DOWNLOAD, path }, signal);
    },
    upload: async (id, { path, tar }, signal) => {
      const { parts, unit } = await open(id, path);
      await uploadArchive(parts, { unit, path, tar }, signal);
    },
    remove: async (id, path, signal) => {
      const { parts, unit } = await open(id, path);
      const program = await startFileProgram(parts, { unit, script: REMOVE, args: [path] }, signal);
      program.stdout.resume();
      const end = await program.ended;
      if (end.code !== 0) throw fileError("Removing", path, end);
    },
  };
}

type Task = { readonly unit: Unit; readonly script: string; readonly path: string };

async function entries(
  parts: EngineParts,
  { unit, script, path }: Task,
  signal: AbortSignal | undefined,
): Promise<readonly EntryInfo[]> {
  const program = await startFileProgram(parts, { unit, script, args: [path] }, signal);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of program.stdout) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.byteLength;
      if (bytes > MAX_LISTING_BYTES) throw tooMany(path);
      chunks.push(chunk);
    }
  } finally {
    if (bytes > MAX_LISTING_BYTES) program.kill();
  }
  const end = await program.ended;
  if (end.code !== 0) throw fileError("Reading", path, end);
  return parseEntries(Buffer.concat(chunks));
}

/** tar ends with 1 when a file changed while it was read, which is no failure of ours. */
const CHANGED_MEANWHILE = 1;

async function* download(
  parts: EngineParts,
  { unit, script, path }: Task,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const program = await startFileProgram(parts, { unit, script, args: [path], deadlineMs: TRANSFER_MS }, signal);
  try {
    for await (const chunk of program.stdout) if (chunk instanceof Uint8Array) yield chunk;
    const end = await program.ended;
    if (end.code !== 0 && end.code !== CHANGED_MEANWHILE) throw fileError("Reading", path, end);
  } finally {
    program.kill();
    await program.ended.catch(() => undefined);
  }
}

function checkPath(path: string): void {
  const inside = path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
  if (!inside || posix.normalize(path) !== path || path.endsWith("/") || path.includes("\0")) throw notAllowed(path);
}

function refuseJobMemory(unit: Unit): void {
  if (memoryOfJob(unit) === undefined) return;
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `The workspace of the job ${unit.id} is memory that only its program sees.`,
    {
      hint: "Use a workspace of another type where its files are wanted.",
    },
  );
}

function tooMany(path: string): MoorageError {
  return new MoorageError("LIMIT_EXCEEDED", `${JSON.stringify(path)} has too many entries to be listed at once.`, {
    hint: "List it with a program in the sandbox.",
  });
}
