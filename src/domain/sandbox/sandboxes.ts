import { MoorageError } from "../../base/errors.ts";
import type { Sandbox } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { askEngine, onEngine } from "../on-engine.ts";
import { refreshed } from "./seen-state.ts";
import { sandboxView } from "./sandbox-view.ts";

/** The caller's sandbox; NOT_FOUND also when it is somebody else's, so that nobody learns that it exists. */
export async function findSandbox({ context, principal }: Call, ref: string): Promise<SandboxRow> {
  const row = await context.store.sandboxes.find(principal.owner, ref);
  if (row === undefined) throw new MoorageError("NOT_FOUND", `You have no sandbox "${ref}".`);
  return row;
}

export async function getSandbox(call: Call, ref: string): Promise<Sandbox> {
  const { context } = call;
  return current(context, await findSandbox(call, ref));
}

/** The sandbox as its engine shows it now, or has shown it and told of no change since. */
export async function current(context: DomainContext, row: SandboxRow): Promise<Sandbox> {
  const { sightings } = context;
  const known = sightings.of(row);
  if (known !== undefined) return sandboxView(await refreshed(context, row, known.unit));
  using look = sightings.look([row]);
  const seen = await askEngine(context, row.engine, async (its) => {
    const unit = await its.engine.inspect(row.id);
    look.saw(() => unit);
    return refreshed(its, row, unit);
  });
  return sandboxView(seen ?? row);
}

/** The caller's sandbox, and the call on the engine on which it lives. */
export async function reachSandbox(call: Call, ref: string): Promise<Call & { readonly row: SandboxRow }> {
  const row = await findSandbox(call, ref);
  return { ...call, context: await onEngine(call.context, row.engine), row };
}
