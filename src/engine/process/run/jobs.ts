import { after } from "../../../base/after.ts";
import { throwIfCanceled } from "../../../base/deadline.ts";
import type { EngineRun, JobSpec } from "../../engine.ts";
import type { UnitLabels } from "../../unit-labels.ts";
import type { EngineParts } from "../engine-parts.ts";
import { createUnit } from "../unit/unit-creation.ts";
import { removeUnit } from "../unit/unit-removal.ts";
import { startUnitRun } from "./unit-run.ts";

export type JobWish = { readonly labels: UnitLabels; readonly spec: JobSpec };

/** After the caller's own deadline, which is exact. */
const DEADLINE_GRACE_MS = 1_000;

/** Creates a job and starts its program. On failure nothing is left. */
export async function startJob(
  parts: EngineParts,
  { labels, spec }: JobWish,
  signal?: AbortSignal,
): Promise<EngineRun> {
  throwIfCanceled(signal);
  const unit = await createUnit(parts, labels, spec);
  try {
    const run = await startUnitRun(
      parts,
      {
        unit,
        spec: { ...spec, env: {} },
        onEnd: async ({ exitCode, oomKilled }) => {
          await parts.groups?.unit(unit.id).remove();
          await parts.store.recordExit(unit.id, { exitCode, oomKilled, finishedAt: Date.now() });
        },
      },
      signal,
    );
    endAtDeadline(parts, run, spec);
    return run;
  } catch (error) {
    await removeUnit(parts, unit);
    throw error;
  }
}

/** When this process ends before, so does the job. */
function endAtDeadline({ logger }: EngineParts, run: EngineRun, { id, deadlineMs }: JobSpec): void {
  const end = (): void => {
    run.kill().catch((error: unknown) => logger.error({ id, error }, "a job could not be ended at its deadline"));
  };
  const stop = after(deadlineMs + DEADLINE_GRACE_MS, end, { keepAlive: false });
  run.exit.then(stop, stop);
}
