import type { DomainContext } from "../context.ts";

export type Orphan = { readonly kind: string; readonly id: string };

/** Units and networks with a valid signature that nobody's record knows: what a Moorage that was ended has left. */
export async function findOrphans({ engine, store }: DomainContext, signal?: AbortSignal): Promise<readonly Orphan[]> {
  // The engine first: a unit that is made after this look cannot be taken for an orphan.
  const units = await engine.list(signal);
  const networks = (await engine.networks?.named.list(signal)) ?? [];
  const kept = await store.networks.ids(engine.name);
  const jobs = new Set((await store.runs.open()).map((row) => row.sandboxId));
  const orphans: Orphan[] = [];
  for (const { kind, id } of units) {
    if (!jobs.has(id) && (await store.sandboxes.get(id)) === undefined) orphans.push({ kind, id });
  }
  return [...orphans, ...networks.filter((id) => !kept.has(id)).map((id) => ({ kind: "network", id }))];
}

/** Networks come last among orphans: by then what was left in them is gone. */
export async function removeOrphan({ engine }: DomainContext, { kind, id }: Orphan): Promise<void> {
  if (kind === "network") await engine.networks?.named.remove(id);
  else await engine.remove(id);
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
