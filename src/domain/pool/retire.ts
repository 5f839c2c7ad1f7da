import { isoTime } from "../../base/clock.ts";
import { newId } from "../../base/ids.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

/** Removes a sandbox of the pool, unless it has become somebody's meanwhile. */
export async function retire(context: DomainContext, row: SandboxRow): Promise<boolean> {
  const { engine, store, holders, clock } = context;
  const announced = { id: newId(), action: "remove", by: "engine", reason: null } as const;
  const pending = { ...announced, holder: holders.self, since: isoTime(clock.now()) };
  const from = { states: [row.state], revision: row.revision, pending: null };
  if ((await store.sandboxes.transition(row.id, from, { pending })) === undefined) return false;
  await engine.remove(row.id);
  await store.sandboxes.remove(row.id);
  return true;
}
