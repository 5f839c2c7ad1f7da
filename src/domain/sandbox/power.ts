import type { PausedBy, Sandbox } from "../../contracts/types.ts";
import { MoorageError } from "../../base/errors.ts";
import type { RunRow, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { restore } from "../archive/archive.ts";
import type { Restored } from "../archive/archived-root.ts";
import { discardArchive } from "../archive/archive-file.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { openEgress } from "../network/egress.ts";
import { returnToNetwork } from "../network/named-networks.ts";
import { enterDirectory } from "../workspace/sandbox-directory.ts";
import { changeState, type StateChange } from "./change-state.ts";
import { reachSandbox } from "./sandboxes.ts";
import { watchedStart } from "./watched-start.ts";
import { sandboxView } from "./sandbox-view.ts";

const GRACE_MS = 10_000;

type StopInput = { readonly id: string; readonly graceMs?: number | undefined };

export function stopSandbox(call: Call, { id, graceMs }: StopInput): Promise<Sandbox> {
  return changed(call, id, (context) => stopping(context, "owner", graceMs));
}

export async function startSandbox(call: Call, id: string): Promise<Sandbox> {
  const { row, context } = await changedRow(call, id, starting);
  return sandboxView(await watchedStart(context, row, call.signal));
}

export async function restartSandbox(call: Call, input: StopInput): Promise<Sandbox> {
  await stopSandbox(call, input);
  return startSandbox(call, input.id);
}

export function pauseSandbox(call: Call, id: string): Promise<Sandbox> {
  return changed(call, id, async (context) => {
    const obstacle = await pauseObstacle(context, call.signal);
    if (obstacle === undefined) return pausing(context, "owner");
    throw new MoorageError("ENGINE_UNSUPPORTED", `The sandbox "${id}" cannot be paused: ${obstacle}.`, {
      hint: "Stop it with `moorage sandbox stop` instead.",
    });
  });
}

/** Why a sandbox cannot be paused here; undefined where it can. */
export async function pauseObstacle({ engine }: DomainContext, signal?: AbortSignal): Promise<string | undefined> {
  const { freezer, name } = engine;
  return freezer === undefined ? `the ${name} engine cannot hold one still` : freezer.obstacle(signal);
}

export function resumeSandbox(call: Call, id: string): Promise<Sandbox> {
  return changed(call, id, resuming);
}

/** The change, on the engine on which the sandbox lives. */
type ChangeOn = (context: DomainContext) => StateChange | Promise<StateChange>;

async function changed(call: Call, ref: string, change: ChangeOn): Promise<Sandbox> {
  return sandboxView((await changedRow(call, ref, change)).row);
}

async function changedRow(call: Call, ref: string, change: ChangeOn) {
  const { context, row, signal } = await reachSandbox(call, ref);
  return { context, row: await changeState(context, { id: row.id, signal }, await change(context)) };
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
  let restored: Partial<Restored> = {};
  const work = async (row: SandboxRow): Promise<void> => {
    await returnToNetwork(context, row);
    if (row.state === "archived") {
      restored = await restore(context, row);
      return;
    }
    await enterDirectory(context, row);
    await openEgress(context, { ...row, kind: "sandbox" });
    await context.engine.start(row.id);
  };
  const afterwards = ({ id }: SandboxRow): Promise<void> => discardArchive(context, id);
  return { action: "start", by: "owner", work, alters: () => restored, afterwards };
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
