import type { PausedBy, Sandbox } from "../../contracts/types.ts";
import { MoorageError } from "../../base/errors.ts";
import type { RunRow, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { restore } from "../archive/archive.ts";
import { discardArchive } from "../archive/archive-file.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { openEgress } from "../network/egress.ts";
import { enterDirectory } from "../workspace/sandbox-directory.ts";
import { changeState, type StateChange } from "./change-state.ts";
import { findSandbox, requireEngine } from "./sandboxes.ts";
import { watchedStart } from "./watched-start.ts";
import { sandboxView } from "./sandbox-view.ts";

const GRACE_MS = 10_000;

type StopInput = { readonly id: string; readonly graceMs?: number | undefined };

export function stopSandbox(call: Call, { id, graceMs }: StopInput): Promise<Sandbox> {
  return changed(call, id, stopping(call.context, "owner", graceMs));
}

export async function startSandbox(call: Call, id: string): Promise<Sandbox> {
  const row = await changedRow(call, id, starting(call.context));
  return sandboxView(await watchedStart(call.context, row, call.signal));
}

export async function restartSandbox(call: Call, input: StopInput): Promise<Sandbox> {
  await stopSandbox(call, input);
  return startSandbox(call, input.id);
}

export async function pauseSandbox(call: Call, id: string): Promise<Sandbox> {
  const { engine } = call.context;
  if (engine.freezer === undefined) {
    await findSandbox(call, id);
    const message = `The ${engine.name} engine cannot pause a sandbox: nothing idles in one between its runs.`;
    throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: "Stop it with `moorage sandbox stop` instead." });
  }
  return changed(call, id, pausing(call.context, "owner"));
}

export function resumeSandbox(call: Call, id: string): Promise<Sandbox> {
  return changed(call, id, resuming(call.context));
}

async function changed(call: Call, ref: string, change: StateChange): Promise<Sandbox> {
  return sandboxView(await changedRow(call, ref, change));
}

async function changedRow(call: Call, ref: string, change: StateChange): Promise<SandboxRow> {
  const { context, signal } = call;
  const row = await findSandbox(call, ref);
  requireEngine(context, row);
  return changeState(context, { id: row.id, signal }, change);
}

export function stopping(context: DomainContext, by: PausedBy, graceMs: number = GRACE_MS): StateChange {
  const work = async ({ id, owner }: SandboxRow): Promise<void> => {
    const reason = `The sandbox was stopped by ${by === "owner" ? `"${owner}"` : "Moorage"}.`;
    const chosen = (run: RunRow): boolean => run.sandboxId === id;
    await endingRuns(context, { chosen, reason }, () => context.engine.stop(id, { graceMs }));
  };
  return { action: "stop", by, work };
}

function starting(context: DomainContext): StateChange {
  const work = async (row: SandboxRow): Promise<void> => {
    if (row.state === "archived") return restore(context, row);
    await enterDirectory(context, row);
    await openEgress(context, { ...row, kind: "sandbox" });
    await context.engine.start(row.id);
  };
  return { action: "start", by: "owner", work, afterwards: ({ id }) => discardArchive(context, id) };
}

export function pausing({ engine }: DomainContext, by: PausedBy): StateChange {
  return { action: "pause", by, work: async ({ id }) => engine.freezer?.pause(id) };
}

function resuming({ engine }: DomainContext): StateChange {
  return { action: "resume", by: "owner", work: async ({ id }) => engine.freezer?.unpause(id) };
}

/** The change that lets a sandbox run again that was paused or stopped. */
export function waking(context: DomainContext, row: SandboxRow): StateChange {
  return row.state === "paused" ? resuming(context) : starting(context);
}
