import type { SandboxHistory } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { findSandbox } from "../sandbox/sandboxes.ts";
import { sampleOf } from "./stats.ts";

const DEFAULT_LIMIT = 1000;

type HistoryInput = {
  readonly id: string;
  readonly sinceMs?: number | undefined;
  readonly limit?: number | undefined;
};

/** What a server has measured of a sandbox, also while it is stopped, or while no server runs any more. */
export async function sandboxHistory({ context, ...call }: Call, input: HistoryInput): Promise<SandboxHistory> {
  const { store, clock, policy, sampling } = context;
  const { sampleMs, keptMs } = policy.stats;
  const row = await findSandbox({ context, ...call }, input.id);
  const since = clock.now() - Math.min(input.sinceMs ?? keptMs, keptMs);
  const samples = await store.samples.list(row.id, { since, limit: input.limit ?? DEFAULT_LIMIT });
  return {
    sandboxId: row.id,
    items: samples.map(({ sandboxId: _id, ...sample }, index) => sampleOf(row, samples[index - 1], sample)),
    intervalMs: sampleMs,
    keptMs,
    sampling: sampling.active,
  };
}
