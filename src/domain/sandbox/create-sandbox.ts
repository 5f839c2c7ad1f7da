import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { Sandbox, SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow, SnapshotRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { openEgress } from "../network/egress.ts";
import { claimPooled } from "../pool/claim.ts";
import { findSnapshot } from "../snapshot/snapshots.ts";
import { existingSandbox } from "./existing-sandbox.ts";
import { waitUntilReady } from "../readiness/wait-until-ready.ts";
import { finishStart } from "./finish-start.ts";
import { planSandbox } from "./plan-sandbox.ts";
import { discardStart } from "./discard-start.ts";
import { sandboxView } from "./sandbox-view.ts";
import { current } from "./sandboxes.ts";
import { enterDirectory } from "../workspace/sandbox-directory.ts";
import { watchedStart } from "./watched-start.ts";
import { unitSpec } from "./unit-spec.ts";

export async function createSandbox(call: Call, input: SandboxCreate): Promise<Sandbox> {
  const existing = await existingSandbox(call, input);
  if (existing !== undefined) return current(call.context, existing);
  try {
    const pooled = await claimPooled(call, input);
    if (pooled !== undefined) return created(call, pooled);
    const snapshot = input.snapshot === undefined ? undefined : await findSnapshot(call, input.snapshot);
    return created(call, await startCold(call, input, snapshot));
  } catch (error) {
    // Two creates of one name at once: the slower one answers what the faster one made.
    const conflict = isMoorageError(error) && error.code === "CONFLICT";
    const winner = conflict ? await existingSandbox(call, input) : undefined;
    if (winner !== undefined) return current(call.context, winner);
    throw error;
  }
}

function created({ context }: Call, row: SandboxRow): Sandbox {
  const { id: sandboxId, owner } = row;
  context.logger.info({ operation: "sandbox.create", sandboxId, owner }, "sandbox created");
  return sandboxView(row);
}

/** A sandbox that begins with this snapshot, or else with an image; never one that is there already. */
export async function startCold(call: Call, input: SandboxCreate, snapshot?: SnapshotRow): Promise<SandboxRow> {
  const { context } = call;
  const row = await planSandbox(call, input, snapshot);
  await context.store.sandboxes.insert(row);
  await start(call, row);
  const running = await finishStart(context, row, "running");
  // One with a readiness has been looked at already.
  if (running !== undefined) return running.readiness === null ? watchedStart(context, running, call.signal) : running;
  throw new MoorageError("CONFLICT", `The sandbox "${row.name ?? row.id}" was removed while it was starting.`);
}

async function start(call: Call, row: SandboxRow): Promise<void> {
  const { context, signal } = call;
  try {
    await enterDirectory(context, row);
    await openEgress(context, { ...row, kind: "sandbox" }, signal);
    await context.engine.createSandbox(unitSpec(row), signal);
    await waitUntilReady(call, row);
  } catch (error) {
    await context.owed.attempt("what is left of a sandbox that could not be made", () => discardStart(context, row));
    throw error;
  }
}
