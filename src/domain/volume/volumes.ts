import { isoTime } from "../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { SandboxCreate, Volume } from "../../contracts/types.ts";
import type { VolumeRow, VolumeUse } from "../../store/store.ts";
import type { Call } from "../context.ts";

/** The volume that a new sandbox asks for, made where its owner has none of that name. */
export async function planVolume(call: Call, { workspace, shareWorkspace }: SandboxCreate): Promise<VolumeUse | null> {
  const name = workspace?.replace(/^volume:/, "");
  if (name === undefined) {
    if (shareWorkspace !== true) return null;
    throw new MoorageError("INVALID_INPUT", "shareWorkspace is true, but the workspace is the sandbox's own.", {
      hint: "Name a volume with --workspace volume:NAME.",
    });
  }
  const { engine } = call.context;
  if (engine.volumes === undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no volumes that outlive a sandbox.`, {
      hint: "Use --engine docker, or copy files out with `moorage sandbox cp`.",
    });
  }
  const { id } = await ownVolume(call, name);
  await engine.volumes.ensure(id, call.signal);
  return { id, name, shared: shareWorkspace ?? false };
}

async function ownVolume({ context, principal }: Call, name: string): Promise<VolumeRow> {
  const { store, engine, clock } = context;
  const { owner } = principal;
  const createdAt = isoTime(clock.now());
  const row: VolumeRow = { id: newId(), owner, name, engine: engine.name, createdAt };
  try {
    const found = await store.volumes.find(owner, name);
    if (found === undefined) await store.volumes.insert(row);
    return onThisEngine(found ?? row, engine.name);
  } catch (error) {
    // Two sandboxes of one new volume at once: the slower one takes what the faster one made.
    const winner =
      isMoorageError(error) && error.code === "CONFLICT" ? await store.volumes.find(owner, name) : undefined;
    if (winner === undefined) throw error;
    return onThisEngine(winner, engine.name);
  }
}

function onThisEngine(row: VolumeRow, engine: string): VolumeRow {
  if (row.engine === engine) return row;
  const message = `The volume "${row.name}" lives on the ${row.engine} engine; this is the ${engine} engine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `Repeat the command with --engine ${row.engine}.` });
}

export async function listVolumes({ context, principal }: Call): Promise<{ items: Volume[]; nextCursor: null }> {
  const [volumes, sandboxes] = await Promise.all([
    context.store.volumes.list(principal.owner),
    context.store.sandboxes.all(),
  ]);
  const usersOf = (id: string): string[] => sandboxes.filter(({ volume }) => volume?.id === id).map((row) => row.id);
  return { items: volumes.map((row) => ({ ...row, sandboxes: usersOf(row.id) })), nextCursor: null };
}

export async function removeVolume({ context, principal, signal }: Call, name: string) {
  const { store, engine, logger } = context;
  const row = await store.volumes.find(principal.owner, name);
  if (row === undefined) {
    throw new MoorageError("NOT_FOUND", `You have no volume "${name}".`, {
      hint: "List what you own with `moorage volume ls`.",
    });
  }
  onThisEngine(row, engine.name);
  const user = (await store.sandboxes.all()).find(({ volume }) => volume?.id === row.id);
  if (user !== undefined) {
    const users = user.name ?? user.id;
    throw new MoorageError("CONFLICT", `The volume "${name}" is in use by your sandbox "${users}".`, {
      hint: `Remove that first: moorage sandbox rm ${users}.`,
    });
  }
  await engine.volumes?.remove(row.id, signal);
  await store.volumes.remove(row.id);
  logger.info({ operation: "volume.remove", volumeId: row.id, owner: row.owner }, "volume removed");
  return { name, removed: true as const };
}
