import { sleep } from "../../base/deadline.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { askEngine } from "../on-engine.ts";
import { Attempts } from "../recovery/attempts.ts";
import { changeState } from "../sandbox/change-state.ts";
import { stopping } from "../sandbox/power.ts";
import { SLACK_BYTES } from "./unit-watch.ts";
import { watchedUnit } from "./watched-unit.ts";

const REST_MS = 5_000;

/**
 * Looks after sandboxes in which something may write where no run goes on, for a server: a main process of their own, or
 * what a session has in the background.
 */
export async function keepDiskBesideRuns(context: DomainContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await lookBesideRuns(context, signal).catch((error: unknown) => {
      if (!signal.aborted) context.logger.warn({ err: error }, "what is written beside runs could not be looked at");
    });
    await sleep(REST_MS, signal);
  }
}

/** One look at each; who takes too much disk is stopped. */
export async function lookBesideRuns(context: DomainContext, signal?: AbortSignal): Promise<void> {
  const { store, logger } = context;
  const attempts = new Attempts(logger);
  for (const { id } of await store.sandboxes.glances(["running"])) {
    if (signal?.aborted === true) return;
    const row = await store.sandboxes.get(id);
    if (row?.state !== "running" || !(await hasMoreThanRuns(context, row))) continue;
    // One that cannot be looked at or stopped keeps no other from its turn.
    await attempts.at({ kind: "sandbox", id }, () =>
      askEngine(context, row.engine, (its) => stopIfTooMuch(its, row, signal)),
    );
  }
}

async function hasMoreThanRuns({ sessions }: DomainContext, row: SandboxRow): Promise<boolean> {
  return row.useImageCommand || row.command !== null || (await sessions.of(row.id)).length > 0;
}

async function stopIfTooMuch(context: DomainContext, row: SandboxRow, signal?: AbortSignal): Promise<void> {
  const { id, limits, diskOverBytes: over } = row;
  const unit = await watchedUnit(context, { sandboxId: id, limits, workspacePath: null }, row);
  const bytes = await unit.count();
  if (bytes === null) return;
  if (bytes <= unit.limitBytes) {
    if (over !== null) await context.store.sandboxes.update(id, { diskOverBytes: null });
    return;
  }
  // One that was started again, for files to be removed.
  if (over !== null && bytes <= over + SLACK_BYTES) return;
  await context.store.sandboxes.update(id, { diskOverBytes: over ?? bytes });
  const reason = `It used ${formatBytes(bytes)} of disk where ${formatBytes(unit.limitBytes)} may be.`;
  context.logger.warn(
    { sandboxId: id, bytes, limitBytes: unit.limitBytes },
    "a sandbox took too much disk beside its runs",
  );
  await changeState(context, { id, signal }, { ...stopping(context, "engine"), reason });
}
