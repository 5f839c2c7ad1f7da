import { isoTime } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { EngineSnapshots, SnapshotInfo } from "../../engine/engine.ts";
import type { SandboxRow, SnapshotRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { holdSandbox } from "../sandbox/hold-sandbox.ts";
import { discardSnapshot } from "./discard-snapshot.ts";

/** The sandbox is held still as long. */
const TAKE_MS = 10 * 60_000;

export type SnapshotWish = Pick<SnapshotRow, "name" | "comment" | "transient">;

/** Takes a snapshot of a sandbox of the caller's, which is held still for it. */
export function takeSnapshot(call: Call, sandbox: SandboxRow, wish: SnapshotWish): Promise<SnapshotRow> {
  const { context } = call;
  const snapshots = snapshotsOf(context);
  const row = planned(context, sandbox, wish);
  const { maxBytes } = context.policy.snapshots;
  const signal = deadlineSignal(TAKE_MS, call.signal);
  return recorded(context, row, () =>
    holdSandbox(context, { id: sandbox.id, signal }, ({ id }) =>
      snapshots.take({ sandbox: id, id: row.id, maxBytes }, signal).catch((error: unknown) => {
        throw signal.aborted && call.signal?.aborted !== true ? tooSlow(error) : error;
      }),
    ),
  );
}

/** Takes the root filesystem of a sandbox whose change of state has been announced already, for its archive. */
export function takeRoot(context: DomainContext, sandbox: SandboxRow): Promise<SnapshotRow> {
  const snapshots = snapshotsOf(context);
  const row = planned(context, sandbox, { name: null, comment: null, transient: true });
  const wish = { sandbox: sandbox.id, id: row.id, workspace: false, maxBytes: Number.MAX_SAFE_INTEGER };
  return recorded(context, row, () => snapshots.take(wish, deadlineSignal(TAKE_MS)));
}

/**
 * The row is there before anything is on the engine, and counts once all is there: what is interrupted in between is
 * found by it and cleared away.
 */
async function recorded(
  context: DomainContext,
  row: SnapshotRow,
  take: () => Promise<SnapshotInfo>,
): Promise<SnapshotRow> {
  const { store, policy, logger } = context;
  await store.snapshots.insert(row, policy.snapshots.maxPerOwner);
  try {
    const made = await take();
    if (!(await store.snapshots.finish(row.id, made))) throw gone(row);
    const { id: snapshotId, sandboxId, owner, transient } = row;
    const told = { snapshotId, sandboxId, owner, transient, sizeBytes: made.sizeBytes };
    logger.info({ operation: "sandbox.snapshot", ...told }, "snapshot taken");
    return { ...row, ...made, state: "ready" };
  } catch (error) {
    await discardSnapshot(context, row);
    throw error;
  }
}

export function snapshotsOf({ engine }: DomainContext): EngineSnapshots {
  if (engine.snapshots !== undefined) return engine.snapshots;
  const message = `The ${engine.name} engine has no images, so it cannot keep a snapshot of a sandbox.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Use --engine docker, or copy files out with `moorage sandbox cp`.",
  });
}

function planned({ engine, clock, holders }: DomainContext, sandbox: SandboxRow, wish: SnapshotWish): SnapshotRow {
  const { id: sandboxId, owner, image, dependencies, packageManager } = sandbox;
  return {
    id: newId(),
    owner,
    ...wish,
    state: "taking",
    ...{ sandboxId, image, dependencies, packageManager },
    ...{ reference: "", digest: "", sizeBytes: 0 },
    engine: engine.name,
    createdAt: isoTime(clock.now()),
    holder: holders.self,
    sinceMs: clock.monotonic(),
  };
}

function tooSlow(cause: unknown): MoorageError {
  return new MoorageError("ENGINE_TIMEOUT", `The snapshot was not taken within ${TAKE_MS / 60_000} minutes.`, {
    hint: "Remove large files that can be made again, and try once more.",
    cause,
  });
}

function gone({ id }: SnapshotRow): MoorageError {
  return new MoorageError("CONFLICT", `The snapshot "${id}" was given up meanwhile.`);
}
