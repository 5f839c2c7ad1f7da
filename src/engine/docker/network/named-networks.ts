import { MoorageError } from "../../../base/errors.ts";
import type { NamedNetworks } from "../../engine.ts";
import type { UnitLabels } from "../../unit-labels.ts";
import { answerOf } from "../api/api-errors.ts";
import { ConnectedListReply, NetworkReply, type ContainerReply } from "../api/replies.ts";
import { networkName, unitName } from "../unit/container-spec.ts";
import { createBridge, readBridge, removeNetwork, requireLocalBridge } from "./bridge-network.ts";
import { interfaceName, type Bridge } from "./bridge.ts";
import { deploymentNetworks, type NetworksContext } from "./unit-networks.ts";

/** Room for about 250 members. */
const BITS = 24;
const REMOVE_FIRST = "Remove or rename it with the engine's own client, or choose another name.";

/** Bridges of ours that several units share. */
export type SharedBridges = NamedNetworks & {
  /** Closes it again, for a unit that is about to start in it. NOT_FOUND when it is not there. */
  readonly enter: (id: string) => Promise<void>;
  /** Likewise for a stopped unit, whatever somebody has removed from the engine and Moorage has made again meanwhile. */
  readonly enterAgain: (container: ContainerReply) => Promise<void>;
};

export function createNamedNetworks(context: NetworksContext): SharedBridges {
  const { api, labels, enforcer } = context;
  return {
    ensure: async ({ id, name }, signal) => {
      await enforcer.filter("named");
      await refuseForeign(context, { id, name }, signal);
      const wish = { id, name: networkName(id), policy: "named", bits: BITS } as const;
      const labelled = { ...wish, labels: labels.signKept("network", id) };
      await close(context, (await find(context, id, signal)) ?? (await createBridge(api, labelled)));
    },
    enter: (id) => enter(context, id),
    enterAgain: (container) => enterAgain(context, container),
    list: async (signal) => {
      const replies = await deploymentNetworks(api, labels.deployment, signal);
      return replies.flatMap((reply) => {
        const id = labels.keptId("network", reply.Labels);
        return id === undefined || namedBridge(labels, reply, id) === undefined ? [] : [id];
      });
    },
    inspect: async (id, signal) => {
      const bridge = await find(context, id, signal);
      if (bridge === undefined) return undefined;
      return { id, subnet: bridge.members ?? "", members: await membersOf(context, id, signal) };
    },
    leave: async (id, unitId, signal) => {
      const members = await membersOf(context, id, signal);
      if (!members.some((member) => member.unitId === unitId)) return;
      await send(context, `/networks/${networkName(id)}/disconnect`, { Container: unitName(unitId), Force: true });
      // Without a network of its own a container would look for the one that it was made with when it starts again.
      await send(context, "/networks/none/connect", { Container: unitName(unitId) });
    },
    remove: async (id, signal) => {
      if ((await find(context, id, signal)) === undefined) return;
      const [member] = await membersOf(context, id, signal);
      if (member !== undefined) throw inUse(id, member.unitId);
      await removeNetwork(api, networkName(id), signal).catch((error: unknown) => {
        // Somebody has started in it a moment ago.
        throw answerOf(error)?.status === 403 ? inUse(id, "unknown", error) : error;
      });
      await enforcer.forget(interfaceName(id));
    },
  };
}

async function find({ api, labels }: NetworksContext, id: string, signal?: AbortSignal): Promise<Bridge | undefined> {
  const reply = await api.find({ method: "GET", path: `/networks/${networkName(id)}`, signal }, NetworkReply);
  return reply === undefined ? undefined : namedBridge(labels, reply, id);
}

async function close({ enforcer }: NetworksContext, bridge: Bridge): Promise<void> {
  requireLocalBridge(bridge);
  await (await enforcer.filter("named")).close([bridge]);
}

async function enter(context: NetworksContext, id: string): Promise<void> {
  await context.enforcer.filter("named");
  const bridge = await find(context, id);
  if (bridge === undefined) throw new MoorageError("NOT_FOUND", `There is no network ${id} on this engine.`);
  await close(context, bridge);
}

async function enterAgain(context: NetworksContext, { Id, NetworkSettings }: ContainerReply): Promise<void> {
  for (const [name, endpoint] of Object.entries(NetworkSettings?.Networks ?? {})) {
    const id = /^moorage-network-(.+)$/.exec(name)?.[1];
    if (id === undefined) continue;
    await enter(context, id);
    const network = await context.api.json({ method: "GET", path: `/networks/${name}` }, NetworkReply);
    if (endpoint.NetworkID === network.Id) continue;
    // It stands for one that is gone, of the same name.
    await send(context, `/networks/${name}/disconnect`, { Container: Id, Force: true });
    await send(context, `/networks/${name}/connect`, {
      Container: Id,
      EndpointConfig: { Aliases: endpoint.Aliases ?? [] },
    });
  }
}

/**
 * The bridge of a named network, when it is signed by this deployment and made as its networks are; `id`: of a certain
 * one.
 */
export function namedBridge(labels: UnitLabels, reply: NetworkReply, id?: string): Bridge | undefined {
  const own = labels.keptId("network", reply.Labels);
  if (own === undefined || reply.Name !== networkName(id ?? own)) return undefined;
  if (reply.EnableIPv6 === true || reply.Options?.["com.docker.network.bridge.enable_ip_masquerade"] !== "false") {
    return undefined;
  }
  const bridge = readBridge(reply, own);
  return bridge?.policy === "named" ? bridge : undefined;
}

/** Neither what has the place of ours, nor what has the name that our caller uses, may be taken for ours. */
async function refuseForeign(
  context: NetworksContext,
  { id, name }: { readonly id: string; readonly name: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const taken of [networkName(id), name]) {
    const reply = await context.api.find({ method: "GET", path: `/networks/${taken}`, signal }, NetworkReply);
    // The engine also answers to the beginnings of its own ids.
    if (reply?.Name !== taken || namedBridge(context.labels, reply, id) !== undefined) continue;
    const made = `driver ${reply.Driver}, ${reply.Internal === true ? "internal" : "not internal"}`;
    const message = `The engine has a network "${taken}" that is not Moorage's (${made}, without a valid signature): it is not used.`;
    throw new MoorageError("CONFLICT", message, { hint: REMOVE_FIRST });
  }
}

/** Running or not; the engine's own list of a network's members has those alone that run. */
async function membersOf({ api, labels }: NetworksContext, id: string, signal: AbortSignal | undefined) {
  const name = networkName(id);
  const query = { all: "1", filters: JSON.stringify({ network: [name] }) };
  const containers = await api.json({ method: "GET", path: "/containers/json", query, signal }, ConnectedListReply);
  return containers.flatMap(({ Labels, NetworkSettings }) => {
    const unitId = labels.verify(Labels)?.id;
    const address = NetworkSettings.Networks[name]?.IPAddress ?? "";
    return unitId === undefined ? [] : [{ unitId, address: address === "" ? null : address }];
  });
}

async function send({ api }: NetworksContext, path: string, json: object): Promise<void> {
  await api.send({ method: "POST", path, json });
}

function inUse(id: string, member: string, cause?: unknown): MoorageError {
  return new MoorageError("CONFLICT", `The network ${id} is in use by the sandbox ${member}.`, { cause });
}
