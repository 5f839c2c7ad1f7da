import { isoTime } from "../../base/clock.ts";
import { parseAllowList, type AllowList, type Decision } from "../../egress/egress.ts";
import type { UnitKind } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { allowListOf } from "../sandbox/network.ts";

/** A unit whose way out may be the proxy. */
type Guarded = { readonly id: string; readonly kind: UnitKind; readonly owner: string; readonly network: string };

/**
 * Opens the proxy of a unit whose policy allows some domains, in this process, once; before the unit starts, and again
 * by each process that uses it; who removes the unit closes it. Other policies have none.
 */
export async function openEgress(context: DomainContext, unit: Guarded, signal?: AbortSignal): Promise<void> {
  const { id, kind, network } = unit;
  if (allowListOf(network) === undefined || context.egress.isOpen(id)) return;
  const entrance = await context.engine.networks?.entrance({ id, kind }, signal);
  if (entrance === undefined) return;
  const { host, port, unitAddress } = entrance;
  await context.egress.open(
    id,
    { host, port, isUnit: (address) => address === unitAddress },
    {
      allowed: () => listInForce(context, unit),
      record: (decision) => record(context, unit, decision),
    },
  );
}

/** A sandbox's policy may be changed while it runs, by any process; a job's is what it began with. */
async function listInForce({ store }: DomainContext, unit: Guarded): Promise<AllowList | undefined> {
  const network = unit.kind === "job" ? unit.network : (await store.sandboxes.get(unit.id))?.network;
  const list = network === undefined ? undefined : allowListOf(network);
  return list === undefined ? undefined : parseAllowList(list);
}

function record({ store, logger }: DomainContext, { id, owner }: Guarded, decision: Decision): void {
  const { at, host, port, allowed, reason } = decision;
  const row = { sandboxId: id, owner, at: isoTime(at), host: host.slice(0, MAX_HOST), port, allowed, reason };
  store.egress.append(row).catch((error: unknown) => {
    logger.warn({ err: error, sandboxId: id }, "a decision of the egress proxy could not be recorded");
  });
}

/** The longest name that there is; what a program asks for may be longer. */
const MAX_HOST = 255;
