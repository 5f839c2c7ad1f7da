import { sleep } from "../../base/deadline.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { hasMainProcess } from "./main-end.ts";
import { refreshed } from "./seen-state.ts";

/** How long a start is looked at: a program that cannot work, for want of a file or a setting, mostly ends by then. */
const WATCH_MS = 500;
const LOOK_MS = 50;

/** The sandbox shortly after its start, so that who started it is told of a main process that has ended at once. */
export async function watchedStart(
  context: DomainContext,
  row: SandboxRow,
  signal: AbortSignal | undefined,
): Promise<SandboxRow> {
  if (!hasMainProcess(row)) return row;
  try {
    return await watched(context, row, signal);
  } catch (error) {
    // It has started, whatever it does now: whoever asks for it next looks again.
    context.logger.warn({ err: error, sandboxId: row.id }, "a sandbox could not be looked at after its start");
    return row;
  }
}

async function watched(context: DomainContext, row: SandboxRow, signal: AbortSignal | undefined): Promise<SandboxRow> {
  const { engine, clock } = context;
  const end = clock.monotonic() + WATCH_MS;
  for (;;) {
    const unit = await engine.inspect(row.id);
    const over = unit?.state !== "running" || signal?.aborted === true || clock.monotonic() >= end;
    if (over) return refreshed(context, row, unit);
    await sleep(LOOK_MS, signal);
  }
}
