import type { RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

/** Stops a sandbox because one run of it can be ended by nothing less, and tells the others, which end with it, why. */
export function tellingOthers(
  context: DomainContext,
  { id, sandboxId }: Pick<RunRow, "id" | "sandboxId">,
): (stop: () => Promise<void>) => Promise<void> {
  const reason = `The sandbox was stopped by Moorage: what run ${id} had started could not be ended otherwise.`;
  const chosen = (run: RunRow): boolean => run.sandboxId === sandboxId && run.id !== id && run.reason === null;
  return (stop) => endingRuns(context, { chosen, reason }, stop);
}

type Ended = {
  readonly chosen: (run: RunRow) => boolean;
  /** Why they are ended, and by whom. */
  readonly reason: string;
};

/**
 * Does work that ends runs, and writes why into the registry before: whoever watches them, in this process or another,
 * then does not take it for their own failure. Where the work fails, what was written is as it was before, unless somebody
 * else has begun to end them meanwhile.
 */
export async function endingRuns(
  { store, live }: DomainContext,
  { chosen, reason }: Ended,
  work: () => Promise<void>,
): Promise<void> {
  const runs = (await store.runs.open()).filter(chosen);
  for (const { id } of runs) {
    await store.runs.setReason(id, reason);
    live.find(id)?.release();
  }
  try {
    await work();
  } catch (error) {
    for (const { id, reason: before } of runs) await store.runs.setReason(id, before, reason);
    throw error;
  }
}
