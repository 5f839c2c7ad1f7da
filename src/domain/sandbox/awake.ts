import { isoTime } from "../../base/clock.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { confirmDirectory } from "../workspace/sandbox-directory.ts";
import { changeState } from "./change-state.ts";
import { quietRow } from "./quiet-row.ts";
import { refreshed } from "./seen-state.ts";
import { waking } from "./power.ts";
import { notRunning, wasIdle } from "./transition.ts";

/** Precision of `lastActiveAt`: a write for every run of a quick row of them would cost more than it tells. */
const TOUCH_MS = 5_000;
/** But a part of the idle timeout that does not matter. */
const TOUCH_SHARE = 0.1;

type Access = {
  readonly id: string;
  /** Files can be had of a stopped sandbox too, where its engine can. */
  readonly wanted: "run" | "files";
  readonly signal: AbortSignal | undefined;
};

/**
 * Makes a sandbox ready to be used. One that was paused for being idle is woken; one that its owner has paused stays
 * so, and is told as SANDBOX_NOT_RUNNING.
 */
export async function awake(context: DomainContext, { id, wanted, signal }: Access): Promise<void> {
  // Before the look: who pauses idle ones looks at this after the announcement, so that one of both sees the other.
  await touch(context, await quietRow(context, id, signal));
  const row = await quietRow(context, id, signal);
  if (row.directory !== null) await confirmDirectory(row.directory);
  if (row.state === "running") return;
  if (wasIdle(row)) {
    await changeState(context, { id, signal }, waking(context, row));
    return;
  }
  const { state } = await seen(context, row, signal);
  if (state === "running" || (wanted === "files" && state === "stopped")) return;
  throw notRunning(
    { ...row, state },
    wanted === "run" ? "a run needs one that is running" : "its files are out of reach",
  );
}

/** Tells that a sandbox is in use now. */
export async function touch(
  { store, timers }: DomainContext,
  { id, lastActiveAt, idleTimeoutMs }: SandboxRow,
): Promise<void> {
  const now = timers.now();
  const since = now - Date.parse(lastActiveAt);
  if (since >= 0 && since < Math.min(TOUCH_MS, idleTimeoutMs * TOUCH_SHARE)) return;
  await store.sandboxes.touch(id, isoTime(now));
}

async function seen(context: DomainContext, row: SandboxRow, signal: AbortSignal | undefined): Promise<SandboxRow> {
  return refreshed(context, row, await context.engine.inspect(row.id, signal));
}
