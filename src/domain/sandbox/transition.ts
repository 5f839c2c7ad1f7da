import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { SandboxRow, Transition, TransitionFrom } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { hasMainProcess } from "./main-end.ts";
import { isAllowed, STATES } from "./state-machine.ts";

type Target = Pick<SandboxRow, "state" | "reason" | "pausedBy"> & Transition;

/** Takes a sandbox to a state that the state machine allows; undefined when it is no longer as it was seen. */
export async function moveTo(
  { store, timers }: DomainContext,
  { row, from }: { readonly row: SandboxRow; readonly from: TransitionFrom },
  target: Target,
): Promise<SandboxRow | undefined> {
  if (!isAllowed(row.state, target.state)) {
    throw new MoorageError("INTERNAL", `A sandbox cannot go from ${row.state} to ${target.state}.`);
  }
  const stateSince = row.state === target.state ? row.stateSince : isoTime(timers.now());
  return store.sandboxes.transition(row.id, { states: [row.state], ...from }, { stateSince, ...target });
}

/** True for one that Moorage has paused or stopped by itself, and wakes by itself. */
export function wasIdle({ state, pausedBy }: SandboxRow): boolean {
  return pausedBy === "idle" && (state === "paused" || state === "stopped");
}

/** For whoever works on a sandbox that somebody else has removed, or is removing. */
export function removedMeanwhile({ id, name }: SandboxRow): MoorageError {
  const message = `The sandbox "${name ?? id}" was removed meanwhile.`;
  return new MoorageError("CONFLICT", message, { hint: "List what there is with `moorage sandbox ls`." });
}

/** Why a sandbox cannot be used now, and what its owner does about it. */
export function notRunning(row: SandboxRow, wanted: string): MoorageError {
  const name = row.name ?? row.id;
  const why = row.reason === null ? "" : ` (${row.reason.replace(/\.$/, "")})`;
  const message = `Sandbox "${name}" is ${row.state}${why}; ${wanted}.`;
  return new MoorageError("SANDBOX_NOT_RUNNING", message, { hint: hintOf(row, name), details: { state: row.state } });
}

function hintOf(row: SandboxRow, name: string): string {
  const { state } = row;
  if (state === "stopped" && row.pausedBy === "engine" && hasMainProcess(row)) {
    return `Read all that it printed with \`moorage sandbox output ${name}\`; \`moorage sandbox start ${name}\` runs it again.`;
  }
  if (state === "starting") return `Wait until it has started: \`moorage sandbox get ${name}\`.`;
  if (state === "running") return `Its state may just have changed: \`moorage sandbox get ${name}\`.`;
  if (state === "lost" || state === "error") return `Remove it with \`moorage sandbox rm ${name}\` and create it anew.`;
  return `Let it go on with \`moorage sandbox ${STATES[state].way} ${name}\`.`;
}
