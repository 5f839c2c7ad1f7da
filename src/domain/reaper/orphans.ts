import type { EngineName } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { askEngines, onEngine } from "../on-engine.ts";
import type { Attempts } from "../recovery/attempts.ts";

export type Orphan = { readonly kind: string; readonly id: string; readonly engine: EngineName };

/**
 * Units and networks with a valid signature that nobody's record knows: what a Moorage that was ended has left, on any
 * engine that it has used.
 */
export function findOrphans(
  context: DomainContext,
  attempts: Attempts,
  signal?: AbortSignal,
): Promise<readonly Orphan[]> {
  return askEngines(context, async (its) => {
    const found = await orphansOn(its, attempts, signal);
    return found.map((orphan) => ({ ...orphan, engine: its.engine.name }));
  });
}

type Found = Omit<Orphan, "engine">;

async function orphansOn(
  { engine, store }: DomainContext,
  attempts: Attempts,
  signal?: AbortSignal,
): Promise<readonly Found[]> {
  const at = { kind: "engine", id: engine.name };
  const orphans: Found[] = [];
  // The engine first: what is made after this look cannot be taken for an orphan.
  await attempts.at(at, async () => {
    const units = await engine.list(signal);
    const jobs = new Set((await store.runs.open()).map((row) => row.sandboxId));
    for (const { kind, id } of units) {
      if (!jobs.has(id) && (await store.sandboxes.get(id)) === undefined) orphans.push({ kind, id });
    }
  });
  await attempts.at(at, async () => {
    const networks = (await engine.networks?.named.list(signal)) ?? [];
    const kept = await store.networks.ids(engine.name);
    orphans.push(...networks.filter((id) => !kept.has(id)).map((id) => ({ kind: "network", id })));
  });
  return orphans;
}

type Removing = {
  readonly orphans: readonly Orphan[];
  readonly attempts: Attempts;
  readonly signal?: AbortSignal | undefined;
};

/** Answers those that are gone. Networks come last among an engine's orphans: by then what was left in them is gone. */
export async function removeOrphans(
  context: DomainContext,
  { orphans, attempts, signal }: Removing,
): Promise<readonly Found[]> {
  const removed: Found[] = [];
  for (const { kind, id, engine: name } of orphans) {
    if (signal?.aborted === true) break;
    await attempts.at({ kind, id }, async () => {
      const { engine } = await onEngine(context, name);
      if (kind === "network") await engine.networks?.named.remove(id);
      else await engine.remove(id);
      removed.push({ kind, id });
    });
  }
  return removed;
}

/** Tells which of the orphans have been seen for longer than the grace, by the monotonic clock. */
export function watchOrphans({ clock, policy }: DomainContext): (seen: readonly Orphan[]) => readonly Orphan[] {
  const since = new Map<string, number>();
  return (seen) => {
    const now = clock.monotonic();
    const ids = new Set(seen.map(({ id }) => id));
    for (const id of since.keys()) if (!ids.has(id)) since.delete(id);
    for (const { id } of seen) if (!since.has(id)) since.set(id, now);
    return seen.filter(({ id }) => now - (since.get(id) ?? now) >= policy.timers.orphanGraceMs);
  };
}
