import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { askEngine } from "../on-engine.ts";
import type { Attempts } from "../recovery/attempts.ts";
import { removeWhole } from "../sandbox/remove-whole.ts";

/** Removes a sandbox that nobody has been told of, unless it has changed meanwhile, as by becoming somebody's. */
export function retire(context: DomainContext, { id, state, revision }: SandboxRow): Promise<boolean> {
  const from = { states: [state], revision };
  return removeWhole(context, id, { from, by: "engine", insist: true });
}

type Retired = { readonly kind: "sandbox"; readonly id: string };

/** Removes what was started ahead for a server that is gone, on any engine. */
export async function retireAbandoned(context: DomainContext, attempts: Attempts): Promise<readonly Retired[]> {
  const retired: Retired[] = [];
  for (const row of await context.store.sandboxes.unclaimed()) {
    if (row.pending !== null || context.holders.isAlive(row.holder)) continue;
    const sandbox = { kind: "sandbox", id: row.id } as const;
    const work = (): Promise<boolean | undefined> => askEngine(context, row.engine, (its) => retire(its, row));
    if ((await attempts.at(sandbox, work)) === true) retired.push(sandbox);
  }
  return retired;
}
