import { isDeepStrictEqual } from "node:util";
import { sleep } from "../../base/deadline.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { UnitInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { PoolEntry } from "../policy.ts";
import { resolveLimits } from "../profiles.ts";
import { Attempts } from "../recovery/attempts.ts";
import { finishStart } from "../sandbox/finish-start.ts";
import { planSandbox } from "../sandbox/plan-sandbox.ts";
import { discardStart } from "../sandbox/discard-start.ts";
import { unitSpec } from "../sandbox/unit-spec.ts";
import { POOL_OWNER, poolKey } from "./pool-key.ts";
import { retire, retireAbandoned } from "./retire.ts";
import { unrestricted } from "../access/principal.ts";

/** More starts at one time would only take the processors from those who work. */
const AT_A_TIME = 2;

/** Between a claim and the refill, so that a start does not take the processors from the first run of what was claimed. */
const BREATH_MS = 200;

export type PoolKeeper = {
  /** Makes the pool what the configuration says, once. */
  readonly fill: (signal?: AbortSignal) => Promise<void>;
  /** Keeps it so until the signal aborts. What is pooled then stays, for the next server to adopt. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Keeps sandboxes ready that nobody has asked for yet, as the configuration says. */
export function createPoolKeeper(context: DomainContext): PoolKeeper {
  const fill = async (signal?: AbortSignal): Promise<void> => {
    await drain(context, signal);
    // What is left now was started for a server that is gone and had another engine.
    await retireAbandoned(context, new Attempts(context.logger));
    const missing = await shortage(context);
    const worker = async (): Promise<void> => {
      for (;;) {
        const entry = missing.shift();
        if (entry === undefined || signal?.aborted === true) return;
        await startOne(context, entry, signal);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_A_TIME }, worker));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  return {
    fill,
    run: async (signal) => {
      while (!signal.aborted) {
        await logged(context, () => fill(signal), signal);
        await context.refill.heard(context.policy.timers.sweepMs, signal);
        await sleep(BREATH_MS, signal);
      }
    },
  };
}

/** Removes all that no claim should get: of an older configuration or image, surplus, dead, or half-made. */
async function drain(context: DomainContext, signal?: AbortSignal): Promise<void> {
  // The rows first: one that is started after this look is none of these.
  const rows = await pooledRows(context);
  if (rows.length === 0) return;
  const units = new Map((await context.engine.list(signal)).map((unit) => [unit.id, unit]));
  const digests = await currentDigests(context, rows, signal);
  const room = new Map(context.policy.pool.map((entry) => [poolKey(context.policy, entry), entry.size]));
  for (const row of rows) {
    const left = room.get(row.poolKey ?? "") ?? 0;
    const alike = digests.get(row.image) === row.imageDigest && hasLimitsOfNow(context, row);
    const fits = left > 0 && isUsable(context, row, units.get(row.id)) && alike;
    if (!fits) {
      await retire(context, row);
      continue;
    }
    room.set(row.poolKey ?? "", left - 1);
    await adopt(context, row);
  }
}

/** What an earlier server has pooled is this one's from now on. */
async function adopt({ store, holders }: DomainContext, { id, holder, revision }: SandboxRow): Promise<void> {
  if (holder === holders.self) return;
  await store.sandboxes.transition(id, { revision, pending: null }, { holder: holders.self });
}

async function pooledRows({ store, engine }: DomainContext): Promise<readonly SandboxRow[]> {
  const rows = await store.sandboxes.unclaimed();
  return rows.filter((row) => row.engine === engine.name && row.pending === null);
}

function isUsable({ holders }: DomainContext, row: SandboxRow, unit: UnitInfo | undefined): boolean {
  if (row.state === "starting") return row.holder === holders.self;
  return row.state === "pool" && unit?.state === "running";
}

/** What was started under other maxima keeps to those: it is of an older configuration. */
function hasLimitsOfNow({ policy }: DomainContext, { profile, limits }: SandboxRow): boolean {
  return isDeepStrictEqual(resolveLimits(profile, {}, policy.maxima), limits);
}

/** What the references stand for now: a tag that has moved makes what was started from it old. */
async function currentDigests({ engine }: DomainContext, rows: readonly SandboxRow[], signal?: AbortSignal) {
  const digests = new Map<string | null, string | null>([[null, null]]);
  for (const image of new Set(rows.flatMap((row) => row.image ?? []))) {
    digests.set(image, (await engine.images?.find(image, signal))?.digest ?? null);
  }
  return digests;
}

async function shortage(context: DomainContext): Promise<PoolEntry[]> {
  const rows = await pooledRows(context);
  return context.policy.pool.flatMap((entry) => {
    const key = poolKey(context.policy, entry);
    const there = rows.filter((row) => row.poolKey === key).length;
    return Array.from({ length: Math.max(0, entry.size - there) }, () => entry);
  });
}

async function startOne(context: DomainContext, entry: PoolEntry, signal?: AbortSignal): Promise<void> {
  const { engine, store, policy, owed } = context;
  const principal = unrestricted(POOL_OWNER);
  const { image, profile, network } = entry;
  const planned = await planSandbox({ context, principal, signal }, { image, profile, network });
  const row: SandboxRow = { ...planned, poolKey: poolKey(policy, entry) };
  await store.sandboxes.insert(row);
  try {
    await engine.createSandbox(unitSpec(row), signal);
  } catch (error) {
    await owed.attempt("what is left of a pooled sandbox that could not be made", () => discardStart(context, row));
    throw error;
  }
  await finishStart(context, row, "pool");
}

async function logged({ logger }: DomainContext, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = isMoorageError(error) ? error.code : undefined;
    if (!signal.aborted) logger.warn({ err: error, code }, "the pool could not be filled; it is tried again");
  }
}
