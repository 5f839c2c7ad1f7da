import { MoorageError } from "../../base/errors.ts";
import type { SandboxSnapshot, Snapshot } from "../../contracts/types.ts";
import type { Page, PageQuery, SnapshotRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { onEngine } from "../on-engine.ts";
import { reachSandbox } from "../sandbox/sandboxes.ts";
import { removeSnapshotFiles } from "./discard-snapshot.ts";
import { snapshotsOf, takeSnapshot } from "./take-snapshot.ts";

export async function snapshotSandbox(call: Call, { id, name, comment }: SandboxSnapshot): Promise<Snapshot> {
  const { row, ...reached } = await reachSandbox(call, id);
  const wish = { name: name ?? null, comment: comment ?? null, transient: false };
  return snapshotView(await takeSnapshot(reached, row, wish), []);
}

/** The caller's snapshot; NOT_FOUND also when it is somebody else's, so that nobody learns that it exists. */
export async function findSnapshot({ context, principal }: Call, ref: string): Promise<SnapshotRow> {
  const row = await context.store.snapshots.find(principal.owner, ref);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no snapshot "${ref}".`, {
    hint: "List what you own with `moorage snapshot ls`.",
  });
}

/** A snapshot lives on the engine that took it. */
export function requireSnapshotEngine({ engine }: DomainContext, row: SnapshotRow): void {
  if (row.engine === engine.name) return;
  const message = `The snapshot "${row.name ?? row.id}" lives on the ${row.engine} engine; this is the ${engine.name} engine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `Repeat the command with --engine ${row.engine}.` });
}

export async function listSnapshots({ context, principal }: Call, query: PageQuery): Promise<Page<Snapshot>> {
  const { items, nextCursor } = await context.store.snapshots.list(principal.owner, query);
  return { items: await Promise.all(items.map((row) => shown(context, row))), nextCursor };
}

export async function getSnapshot(call: Call, ref: string): Promise<Snapshot> {
  return shown(call.context, await findSnapshot(call, ref));
}

export async function removeSnapshot(
  call: Call,
  ref: string,
): Promise<{ readonly id: string; readonly removed: true }> {
  const row = await findSnapshot(call, ref);
  const context = await onEngine(call.context, row.engine);
  snapshotsOf(context);
  const user = await context.store.snapshots.retire(row.id);
  if (user !== undefined) {
    const name = user.name ?? user.id;
    throw new MoorageError("CONFLICT", `The snapshot "${ref}" is in use: your sandbox "${name}" is made of it.`, {
      hint: `Remove that first: \`moorage sandbox rm ${name}\`.`,
    });
  }
  await removeSnapshotFiles(context, row.id);
  context.logger.info({ operation: "snapshot.remove", snapshotId: row.id, owner: row.owner }, "snapshot removed");
  return { id: row.id, removed: true };
}

async function shown({ store }: DomainContext, row: SnapshotRow): Promise<Snapshot> {
  const users = await store.snapshots.users(row.id);
  return snapshotView(
    row,
    users.map(({ id }) => id),
  );
}

function snapshotView(row: SnapshotRow, sandboxes: string[]): Snapshot {
  const { state: _state, transient: _transient, reference: _reference, ...rest } = row;
  const { holder: _holder, sinceMs: _sinceMs, dependencies, ...shown } = rest;
  return { ...shown, dependencies: [...dependencies], sandboxes };
}
