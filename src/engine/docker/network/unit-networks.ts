import { MoorageError } from "../../../base/errors.ts";
import type { UnitIdentity, UnitLabels } from "../../unit-labels.ts";
import { DEPLOYMENT_LABEL } from "../../unit-labels.ts";
import type { UnitSpec } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { NetworkListReply, NetworkReply } from "../api/replies.ts";
import { unitName } from "../unit/container-spec.ts";
import { randomInt } from "node:crypto";
import { hasInterface, interfaceName, type Bridge } from "./bridge.ts";
import type { Enforcer } from "./enforcer.ts";
import { pickSubnet, routedRanges } from "./subnets.ts";

const POLICY_LABEL = "moorage.policy";
/** On the bridge of a build, which has no unit. */
const BUILD_LABEL = "moorage.build";
const PORT_LABEL = "moorage.proxy-port";
/** Below those that kernels give out by themselves. */
const PROXY_PORTS = { first: 20_000, count: 10_000 };
const TRIES = 8;
/** A network address, the host, the unit, and the broadcast address. */
const UNIT_BITS = 30;
/** Room for the next step of a build beside the last one, whose address may be given back late. */
const BUILD_BITS = 29;
/** A build with a bridge takes no longer; an older bridge of a build is what an ended Moorage has left. */
export const LONGEST_BUILD_MS = 1_800_000;

/** A bridge of a unit's own, which lives and goes with it. */
export type UnitNetworks = {
  /** Makes the unit's bridge and closes it; where it is there already it is closed again. Undefined for `none`. */
  readonly ensure: (unit: NetworkWish) => Promise<Bridge | undefined>;
  /** Closes the unit's bridge again, where it has one: before it starts once more. */
  readonly close: (id: string) => Promise<void>;
  /** Closes the bridges of all units again. */
  readonly reassert: (signal?: AbortSignal) => Promise<void>;
  readonly find: (id: string, signal?: AbortSignal) => Promise<FoundNetwork | undefined>;
  readonly list: (signal?: AbortSignal) => Promise<readonly FoundNetwork[]>;
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
};

/** `forBuild`: for the steps of a build in the place of a unit. */
type NetworkWish = Pick<UnitSpec, "id" | "kind" | "network"> & { readonly forBuild?: boolean };

export type FoundNetwork = {
  readonly identity: UnitIdentity;
  readonly createdAt: number;
  readonly bridge: Bridge;
  /** Whether a build may be using it, of this or of another process: then nothing is left over. */
  readonly inBuild: boolean;
};

type Context = { readonly api: EngineApi; readonly labels: UnitLabels; readonly enforcer: Enforcer };

export function createUnitNetworks(context: Context): UnitNetworks {
  const { api, labels, enforcer } = context;
  const find: UnitNetworks["find"] = async (id, signal) => {
    const reply = await api.find({ method: "GET", path: `/networks/${unitName(id)}`, signal }, NetworkReply);
    const found = reply === undefined ? undefined : foundNetwork(labels, reply);
    return found?.identity.id === id ? found : undefined;
  };
  const list: UnitNetworks["list"] = async (signal) => {
    const filters = JSON.stringify({ label: [`${DEPLOYMENT_LABEL}=${labels.deployment}`] });
    const replies = await api.json({ method: "GET", path: "/networks", query: { filters }, signal }, NetworkListReply);
    return replies.flatMap((reply) => foundNetwork(labels, reply) ?? []);
  };
  return {
    find,
    list,
    ensure: async (wish) => {
      const { id, network } = wish;
      if (network === "none") return undefined;
      const filter = await enforcer.filter(network);
      const bridge = (await find(id))?.bridge ?? (await createBridge(context, wish, network));
      requireLocalBridge(bridge);
      await filter.close(bridge);
      return bridge;
    },
    close: async (id) => {
      const found = await find(id);
      if (found !== undefined) await (await enforcer.filter(found.bridge.policy)).close(found.bridge);
    },
    reassert: async (signal) => {
      for (const { bridge } of await list(signal)) await (await enforcer.filter(bridge.policy)).close(bridge);
    },
    remove: async (id, signal) => {
      if ((await find(id, signal)) === undefined) return;
      await removeNetwork(api, id, signal);
      await enforcer.forget(interfaceName(id));
    },
  };
}

function foundNetwork(labels: UnitLabels, reply: NetworkReply): FoundNetwork | undefined {
  const identity = labels.verify(reply.Labels);
  const policy = reply.Labels[POLICY_LABEL];
  const gateway = reply.IPAM.Config?.[0]?.Gateway;
  if (identity === undefined || reply.Name !== unitName(identity.id) || gateway === undefined) return undefined;
  if (policy !== "internal" && policy !== "open" && policy !== "allow") return undefined;
  const port = reply.Labels[PORT_LABEL];
  const proxy = port === undefined ? {} : { proxyPort: Number(port) };
  const bridge: Bridge = { interface: interfaceName(identity.id), policy, gateway, ...proxy };
  const createdAt = Date.parse(reply.Created) || 0;
  const inBuild = reply.Labels[BUILD_LABEL] !== undefined && Date.now() - createdAt < LONGEST_BUILD_MS;
  return { identity, createdAt, bridge, inBuild };
}

async function createBridge(
  { api, labels }: Context,
  { id, kind, forBuild = false }: NetworkWish,
  policy: Bridge["policy"],
): Promise<Bridge> {
  const ours = { ...labels.sign({ id, kind }), ...(forBuild ? { [BUILD_LABEL]: "1" } : {}) };
  const taken = await routedRanges();
  const proxy = policy === "allow" ? { proxyPort: PROXY_PORTS.first + randomInt(PROXY_PORTS.count) } : {};
  for (let attempt = 1; ; attempt += 1) {
    const subnet = pickSubnet(forBuild ? BUILD_BITS : UNIT_BITS, taken);
    if (subnet === undefined) throw noAddresses();
    const bridge: Bridge = { interface: interfaceName(id), policy, gateway: subnet.gateway, ...proxy };
    try {
      const json = networkSpec(bridge, subnet.cidr, ours);
      await api.send({ method: "POST", path: "/networks/create", json: { ...json, Name: unitName(id) } });
      return bridge;
    } catch (error) {
      // Another Moorage, or the engine itself, may have taken the addresses a moment ago.
      if (!/overlaps/i.test(String(error)) || attempt === TRIES) throw error;
    }
  }
}

function networkSpec({ interface: name, policy, gateway, proxyPort }: Bridge, subnet: string, ours: object): object {
  return {
    CheckDuplicate: true,
    Driver: "bridge",
    // An internal network of the engine's kind can publish no port, and leaves the host open: the filter does both better.
    Internal: false,
    EnableIPv6: false,
    IPAM: { Driver: "default", Config: [{ Subnet: subnet, Gateway: gateway }] },
    Options: {
      "com.docker.network.bridge.name": name,
      "com.docker.network.bridge.enable_icc": "false",
      "com.docker.network.bridge.enable_ip_masquerade": String(policy === "open"),
      "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
    },
    Labels: {
      ...ours,
      [POLICY_LABEL]: policy,
      ...(proxyPort === undefined ? {} : { [PORT_LABEL]: String(proxyPort) }),
    },
  };
}

function noAddresses(): MoorageError {
  return new MoorageError("ENGINE_FAILED", "No range of addresses is left for a bridge of Moorage's own.", {
    hint: "Free a part of 10.213.0.0/16, 10.147.0.0/16, 172.29.0.0/16 or 192.168.0.0/16: routes of this host cover them all.",
  });
}

/** An engine on another machine, in a virtual one, or in a network namespace of its own has its bridges there. */
function requireLocalBridge(bridge: Bridge): void {
  if (hasInterface(bridge.interface)) return;
  const reason = "its bridges are not on this machine's network (a remote, rootless or desktop engine)";
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `The network policy "${bridge.policy}" cannot be enforced by the docker engine: ${reason}.`,
    { hint: "Run Moorage on the engine's own host, or use --network none." },
  );
}

async function removeNetwork(api: EngineApi, id: string, signal?: AbortSignal): Promise<void> {
  try {
    await api.send({ method: "DELETE", path: `/networks/${unitName(id)}`, signal });
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
  }
}
