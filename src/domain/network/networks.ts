import { MoorageError } from "../../base/errors.ts";
import { ID_PATTERN } from "../../base/ids.ts";
import type { NetworkDecision, Sandbox } from "../../contracts/types.ts";
import type { EgressRow, Page, PageQuery } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { allowListOf, resolveNetwork } from "../sandbox/network.ts";
import { current, findSandbox, reachSandbox } from "../sandbox/sandboxes.ts";

/** Gives a sandbox another allow list, in force at once: connections that it does not allow any more are ended. */
export async function setNetwork(call: Call, ref: string, wanted: string): Promise<Sandbox> {
  const { context, signal, row } = await reachSandbox(call, ref);
  if (allowListOf(row.network) === undefined || allowListOf(wanted) === undefined) {
    const message = `The network policy of sandbox "${ref}" is "${row.network}" and cannot become "${wanted}": only an allow list changes while a sandbox exists.`;
    throw new MoorageError("CONFLICT", message, { hint: `Create another sandbox with --network ${wanted}.` });
  }
  const network = await resolveNetwork(context, wanted, signal);
  await context.store.sandboxes.update(row.id, { network });
  await context.egress.recheck(row.id);
  context.logger.info({ operation: "network.set", sandboxId: row.id, owner: row.owner, network }, "allow list changed");
  return current(context, { ...row, network });
}

/** What the egress proxy decided for a sandbox, or for a job by its sandbox id, also when it is gone. */
export async function networkLog(call: Call, ref: string, query: PageQuery): Promise<Page<NetworkDecision>> {
  const { context, principal } = call;
  const { store } = context;
  const row = await store.sandboxes.find(principal.owner, ref);
  // The decisions of a sandbox outlive it, and so does its id.
  const id = row === undefined && ID_PATTERN.test(ref) ? ref : (row ?? (await findSandbox(call, ref))).id;
  const { items, nextCursor } = await store.egress.list(principal.owner, id, query);
  return { items: items.map(decisionView), nextCursor };
}

/** Of an allowed request a reason is recorded only where it got no connection. */
function decisionView({ owner: _owner, sandboxId: _sandboxId, ...decision }: EgressRow): NetworkDecision {
  const { allowed, reason } = decision;
  return { ...decision, outcome: allowed ? (reason === null ? "connected" : "failed") : null };
}
