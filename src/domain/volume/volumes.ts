import { isoTime } from "../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { SandboxCreate, Volume } from "../../contracts/types.ts";
import type { VolumeRow, VolumeUse } from "../../store/store.ts";
import { onEngine } from "../on-engine.ts";
import type { Call } from "../context.ts";

/** The volume that a new sandbox asks for, made where its owner has none of that name. */
export async function planVolume(call: Call, { workspace, shareWorkspace }: SandboxCreate): Promise<VolumeUse | null> {
  if (workspace === undefined && shareWorkspace === true) {
    throw new MoorageError("INVALID_INPUT", "shareWorkspace is true, but the workspace is the sandbox's own.", {
      hint: "Name a volume or a directory: --workspace volume:NAME or --workspace DIR.",
    });
  }
  const name = /^volume:(.+)$/.exec(workspace ?? "")?.[1];
  if (name === undefined) return null;
  const { engine } = call.context;
  if (engine.volumes === undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no volumes that outlive a sandbox.`, {
      hint: "Use --engine docker, or copy files out with `moorage sandbox cp`.",
    });
  }
  const { id } = await ownVolume(call, name);
  await engine.volumes.ensure(id, call.signal);
  await refuseRemoved(call, { id, name });
  return { id, name, shared: shareWorkspace ?? false };
}

/** A removal that has begun before may have passed the engine before the volume was made there: then it goes here. */
async function refuseRemoved({ context, principal }: Call, { id, name }: Pick<VolumeRow, "id" | "name">) {
  const now = await context.store.volumes.find(principal.owner, name);
  if (now?.id === id && !now.removing) return;
  await context.engine.volumes?.remove(id);
  throw beingRemoved(name);
}

function beingRemoved(name: string): MoorageError {
  return new MoorageError("CONFLICT", `The volume "${name}" is being removed.`, {
    hint: `Wait for that; if it was broken off, end it: moorage volume rm ${name}.`,
  });
}

async function ownVolume({ context, principal }: Call, name: string): Promise<VolumeRow> {
  const { store, engine, clock } = context;
  const { owner } = principal;
  const createdAt = isoTime(clock.now());
  const row: VolumeRow = { id: newId(), owner, name, engine: engine.name, createdAt, removing: false };
  try {
    const found = await store.volumes.find(owner, name);
    if (found === undefined) await store.volumes.insert(row);
    return usable(found ?? row, engine.name);
  } catch (error) {
    // Two sandboxes of one new volume at once: the slower one takes what the faster one made.
    const winner =
      isMoorageError(error) && error.code === "CONFLICT" ? await store.volumes.find(owner, name) : undefined;
    if (winner === undefined) throw error;
    return usable(winner, engine.name);
  }
}

function usable(row: VolumeRow, engine: string): VolumeRow {
  if (row.removing) throw beingRemoved(row.name);
  return onThisEngine(row, engine);
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
  const items = volumes.map(({ removing: _removing, ...row }) => ({ ...row, sandboxes: usersOf(row.id) }));
  return { items, nextCursor: null };
}

export async function removeVolume({ context, principal, signal }: Call, name: string) {
  const { store, logger } = context;
  const row = await store.volumes.find(principal.owner, name);
  if (row === undefined) {
    throw new MoorageError("NOT_FOUND", `You have no volume "${name}".`, {
      hint: "List what you own with `moorage volume ls`.",
    });
  }
  const { engine } = await onEngine(context, row.engine);
  // The row stays until the engine has removed the files: after a crash in between, a repeated removal finds it.
  const user = await store.volumes.retire(row.id);
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
