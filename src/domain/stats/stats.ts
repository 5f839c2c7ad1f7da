import { isoTime } from "../../base/clock.ts";
import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { SandboxStats, StatsEvent } from "../../contracts/types.ts";
import type { UnitStats } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { reachSandbox } from "../sandbox/sandboxes.ts";
import { refreshed } from "../sandbox/seen-state.ts";
import { notRunning } from "../sandbox/transition.ts";

type StatsInput = {
  readonly id: string;
  readonly follow?: boolean | undefined;
  readonly intervalMs?: number | undefined;
};

/**
 * What a sandbox takes: one sample, or one after the other until it stops. Each is measured over one interval, so that
 * it can tell how busy the processors were.
 */
export async function* sandboxStats(call: Call, { id, follow, intervalMs }: StatsInput): AsyncGenerator<StatsEvent> {
  const { context, signal, row } = await reachSandbox(call, id);
  let before = await firstStats(context, row, signal);
  for (;;) {
    await sleep(intervalMs ?? 1000, signal);
    throwIfCanceled(signal);
    const now = await unlessStopped(context.engine.stats(row.id, signal));
    if (typeof now === "string") {
      yield { type: "ended", reason: now };
      return;
    }
    yield { type: "sample", sample: sampleOf(row, before, now) };
    if (follow !== true) return;
    before = now;
  }
}

async function firstStats(context: DomainContext, row: SandboxRow, signal?: AbortSignal): Promise<UnitStats> {
  try {
    return await context.engine.stats(row.id, signal);
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "SANDBOX_NOT_RUNNING") throw error;
    const now = await refreshed(context, row, await context.engine.inspect(row.id, signal));
    throw notRunning(now, "only one that runs can be measured");
  }
}

async function unlessStopped(work: Promise<UnitStats>): Promise<UnitStats | string> {
  try {
    return await work;
  } catch (error) {
    if (isMoorageError(error) && (error.code === "SANDBOX_NOT_RUNNING" || error.code === "NOT_FOUND"))
      return error.message;
    throw error;
  }
}

/** Without a sample before there is nothing to tell busy processors by. */
export function sampleOf(row: SandboxRow, before: UnitStats | undefined, { at, ...measured }: UnitStats): SandboxStats {
  return {
    sandboxId: row.id,
    at: isoTime(at),
    ...measured,
    memoryLimitBytes: row.limits.memoryBytes,
    cpus: before === undefined ? null : busyProcessors(before, { at, ...measured }),
  };
}

function busyProcessors(before: UnitStats, now: UnitStats): number | null {
  const elapsed = now.at - before.at;
  if (before.cpuMs === null || now.cpuMs === null || elapsed <= 0) return null;
  // Started anew in between, it counts from zero again.
  return now.cpuMs < before.cpuMs ? null : Math.round(((now.cpuMs - before.cpuMs) / elapsed) * 1000) / 1000;
}
