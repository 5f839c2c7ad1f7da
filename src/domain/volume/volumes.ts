import { MoorageError } from "../../base/errors.ts";
import type { SandboxCreate, Volume } from "../../contracts/types.ts";
import type { VolumeUse } from "../../store/store.ts";
import { onEngine } from "../on-engine.ts";
import type { Call } from "../context.ts";
import { findOrMake, refuseRemoved, requireNamed } from "../named/named-things.ts";

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
  const { id } = await findOrMake(call, "volume", name);
  await engine.volumes.ensure(id, call.signal);
  await refuseRemoved(call, "volume", { id, name });
  return { id, name, shared: shareWorkspace ?? false };
}

export async function listVolumes({ context, principal }: Call): Promise<{ items: Volume[]; nextCursor: null }> {
  const { volumes } = context.store;
  const items = (await volumes.list(principal.owner)).map(async ({ removing: _removing, ...row }) => ({
    ...row,
    sandboxes: (await volumes.users(row.id)).map(({ id }) => id),
  }));
  return { items: await Promise.all(items), nextCursor: null };
}

export async function removeVolume(call: Call, name: string) {
  const { context, signal } = call;
  const { store, logger } = context;
  const row = await requireNamed(call, "volume", name);
  const { engine } = await onEngine(context, row.engine);
  // The row stays until the engine has removed the files: after a crash in between, a repeated removal finds it.
  const [user] = await store.volumes.retire(row.id);
  if (user !== undefined) {
    const users = user.name ?? user.id;
    throw new MoorageError("CONFLICT", `The volume "${name}" is in use by your sandbox "${users}".`, {
      hint: `Remove that first: \`moorage sandbox rm ${users}\`.`,
    });
  }
  await engine.volumes?.remove(row.id, signal);
  await store.volumes.remove(row.id);
  logger.info({ operation: "volume.remove", volumeId: row.id, owner: row.owner }, "volume removed");
  return { name, removed: true as const };
}
