import { MoorageError } from "../../base/errors.ts";
import type { Network } from "../../contracts/types.ts";
import type { NamedNetworks } from "../../engine/engine.ts";
import type { NamedRow, NamedUser, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { findOrMake, refuseRemoved, requireNamed, usable } from "../named/named-things.ts";
import { askEngine, onEngine } from "../on-engine.ts";
import { networkNameOf, resolveNetwork } from "../sandbox/network.ts";

/** Makes a network of the caller's where there is none of the name, and keeps it closed. */
export async function ensureNetwork(call: Call, name: string): Promise<Network> {
  const { context, signal } = call;
  await resolveNetwork(context, `net:${name}`, signal);
  const { made, ...row } = await findOrMake(call, "network", name);
  try {
    await keptNetworks(context).ensure(row, signal);
  } catch (error) {
    if (made) await context.store.networks.remove(row.id);
    throw error;
  }
  await refuseRemoved(call, "network", row);
  if (made) context.logger.info({ operation: "network.ensure", networkId: row.id, owner: row.owner }, "network made");
  return networkView(call, row);
}

/** The id of the network that a policy `net:NAME` is about, closed and there; undefined for another policy. */
export async function joinNetwork(call: Call, policy: string): Promise<string | undefined> {
  const name = networkNameOf(policy);
  if (name === undefined) return undefined;
  const { context, principal, signal } = call;
  const found = await context.store.networks.find(principal.owner, name);
  if (found === undefined) {
    throw new MoorageError("NOT_FOUND", `You have no network "${name}".`, {
      hint: `Make it first: \`moorage network ensure ${name}\`.`,
    });
  }
  const row = usable(context, "network", found);
  await keptNetworks(context).ensure(row, signal);
  await refuseRemoved(call, "network", row);
  return row.id;
}

/** What a sandbox that was stopped is in: there, and closed, also when somebody has removed it from the engine. */
export async function returnToNetwork(context: DomainContext, { network, networkId }: SandboxRow): Promise<void> {
  const name = networkNameOf(network);
  if (name !== undefined && networkId !== null) await keptNetworks(context).ensure({ id: networkId, name });
}

export async function listNetworks(call: Call): Promise<{ items: Network[]; nextCursor: null }> {
  const rows = await call.context.store.networks.list(call.principal.owner);
  return { items: await Promise.all(rows.map((row) => networkView(call, row))), nextCursor: null };
}

export async function inspectNetwork(call: Call, name: string): Promise<Network> {
  return networkView(call, await requireNamed(call, "network", name));
}

type Removal = { readonly name: string; readonly force?: boolean | undefined };

/** Removes a network without members; with `force` they are cut off, and go on without a network. */
export async function removeNetwork(call: Call, { name, force = false }: Removal) {
  const { context, signal } = call;
  const { store, logger } = context;
  const row = await requireNamed(call, "network", name);
  const named = keptNetworks(await onEngine(context, row.engine));
  // The row stays until the engine has removed the network: after a crash in between, a repeated removal finds it.
  const users = await store.networks.retire(row.id, { inUse: force });
  if (users.length > 0) throw hasMembers(name, users);
  const cutOff = await store.networks.users(row.id);
  for (const { id, kind } of cutOff) {
    await named.leave(row.id, id, signal);
    if (kind === "sandbox") await store.sandboxes.update(id, { network: "none", networkId: null });
  }
  await named.remove(row.id, signal);
  await store.networks.remove(row.id);
  logger.info({ operation: "network.remove", networkId: row.id, owner: row.owner, cutOff }, "network removed");
  return { name, removed: true as const, cutOff: cutOff.map(({ id }) => id) };
}

function hasMembers(name: string, users: readonly NamedUser[]): MoorageError {
  const [first] = users;
  const what = `${first?.kind === "sandbox" ? "sandbox" : "job"} "${first?.name ?? first?.id}"`;
  const others = users.length === 1 ? "" : ` and ${users.length - 1} more`;
  return new MoorageError("CONFLICT", `The network "${name}" has members: ${what}${others}.`, {
    hint: `Remove them first, or cut them off: \`moorage network rm --force ${name}\`.`,
  });
}

/** Present wherever the policy can be kept. */
function keptNetworks({ engine }: DomainContext): NamedNetworks {
  if (engine.networks !== undefined) return engine.networks.named;
  throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no networks.`, {
    hint: "Use --engine docker.",
  });
}

async function networkView({ context, signal }: Call, row: NamedRow): Promise<Network> {
  const { id, name, owner, createdAt } = row;
  const seen = await askEngine(context, row.engine, async ({ engine }) => engine.networks?.named.inspect(id, signal));
  const addresses = new Map(seen?.members.map(({ unitId, address }) => [unitId, address]));
  const members = (await context.store.networks.users(id)).map((user) => ({
    ...user,
    address: addresses.get(user.id) ?? null,
  }));
  return { id, name, owner, engine: row.engine, subnet: seen?.subnet ?? null, createdAt, members };
}
