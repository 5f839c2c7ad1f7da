import { isoTime } from "../../base/clock.ts";
import { throwIfCanceled } from "../../base/deadline.ts";
import type { SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { resolveLimits } from "../profiles.ts";
import { planLife } from "../sandbox/plan-life.ts";
import { poolKeyOf } from "./pool-key.ts";
import { retire } from "./retire.ts";

/**
 * A sandbox that was started ahead, now the caller's; undefined when there is none that fits. The owner is written
 * before anything else, in one step with the choice: nobody else can have it, and a crash leaves it to its owner.
 */
export async function claimPooled(call: Call, input: SandboxCreate): Promise<SandboxRow | undefined> {
  const { context, signal } = call;
  const key = poolKeyOf(context.policy, input);
  if (key === undefined) return undefined;
  const limits = resolveLimits(input.profile ?? "sandbox", input, context.policy.maxima);
  const { timeoutMs, diskBytes } = limits;
  // What the engine enforces is what it was started with: a key with lower limits gets one of its own.
  const kind = { poolKey: key, engine: context.engine.name, limits };
  for (;;) {
    throwIfCanceled(signal);
    const now = context.timers.now();
    const row = await context.store.sandboxes.claim(kind, (pooled) => ({
      ...pooled,
      ...planLife(context, input, now),
      state: "running",
      owner: call.principal.owner,
      name: input.name ?? null,
      env: input.env ?? {},
      limits: { ...pooled.limits, timeoutMs, diskBytes },
      createdAt: isoTime(context.clock.now()),
      holder: context.holders.self,
      poolKey: null,
    }));
    context.refill.ring();
    if (row === undefined) return undefined;
    if (await isRunning(context, row)) return row;
    // One that died in the pool is nobody's loss.
    await retire(context, row);
  }
}

/** Where that cannot be told the caller hears of the failure and never of the sandbox, so it goes. */
async function isRunning(context: DomainContext, row: SandboxRow): Promise<boolean> {
  try {
    return (await context.engine.inspect(row.id))?.state === "running";
  } catch (error) {
    await context.owed.attempt("what is left of a sandbox that was claimed for nobody", () => retire(context, row));
    throw error;
  }
}
