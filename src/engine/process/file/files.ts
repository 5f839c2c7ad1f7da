import { join, posix } from "node:path";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { UnitFiles } from "../../engine.ts";
import { createTreeFiles } from "../../tree/tree-files.ts";
import type { Tree } from "../../tree/tree.ts";
import { WORKSPACE } from "../launch/bubblewrap-arguments.ts";
import type { EngineParts } from "../engine-parts.ts";
import { fileError, notAllowed } from "./file-errors.ts";
import { startFileProgram, TRANSFER_MS } from "./file-program.ts";
import { DOWNLOAD } from "./file-scripts.ts";
import { uploadArchive } from "./upload.ts";
import { prepareWorkspace } from "../run/unit-run.ts";
import { memoryOfJob } from "../unit/unit-surroundings.ts";
import type { Unit } from "../unit/unit-store.ts";

/**
 * Files of units. A workspace is a directory of this host, in which nothing is reached but through descriptors; archives
 * are packed and unpacked by tar inside the unit's own walls.
 */
export function createUnitFiles(ready: () => Promise<EngineParts>): UnitFiles {
  const find = async (id: string): Promise<{ parts: EngineParts; unit: Unit }> => {
    const parts = await ready();
    const unit = await parts.store.read(id);
    if (unit === undefined)
      throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`, { details: { id } });
    refuseJobMemory(unit);
    return { parts, unit };
  };
  const treeOf = async (id: string, signal?: AbortSignal): Promise<Tree> => {
    const { parts, unit } = await find(id);
    await prepareWorkspace(parts, unit);
    throwIfCanceled(signal);
    const { workspace, user } = unit.record;
    return {
      root: workspace.type === "host" ? workspace.path : join(unit.directory, "workspace"),
      owner: parts.host.programs.asRoot === undefined ? undefined : user,
    };
  };
  return {
    ...createTreeFiles(treeOf),
    // Its root is the host's own system, which no program can change.
    rootChanges: async (id) => {
      await find(id);
      return undefined;
    },
    download: async function* (id, path, signal) {
      checkPath(path);
      const { parts, unit } = await find(id);
      yield* download(parts, { unit, script: DOWNLOAD, path }, signal);
    },
    upload: async (id, { path, tar }, signal) => {
      checkPath(path);
      const { parts, unit } = await find(id);
      await uploadArchive(parts, { unit, path, tar }, signal);
    },
  };
}

type Task = { readonly unit: Unit; readonly script: string; readonly path: string };

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
