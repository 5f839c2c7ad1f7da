import type { UnitIdentity, UnitLabels } from "../../unit-labels.ts";
import { DEPLOYMENT_LABEL } from "../../unit-labels.ts";
import type { UnitSpec } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { NetworkListReply, NetworkReply } from "../api/replies.ts";
import { unitName } from "../unit/container-spec.ts";
import { createBridge, readBridge, removeNetwork, requireLocalBridge } from "./bridge-network.ts";
import { interfaceName, type Bridge } from "./bridge.ts";
import type { Enforcer } from "./enforcer.ts";

/** On the bridge of a build, which has no unit. */
const BUILD_LABEL = "moorage.build";
/** A network address, the host, the unit, and the broadcast address. */
const UNIT_BITS = 30;
/** Room for the next step of a build beside the last one, whose address may be given back late. */
const BUILD_BITS = 29;
/** A build with a bridge takes no longer; an older bridge of a build is what an ended Moorage has left. */
export const LONGEST_BUILD_MS = 1_800_000;

/** A bridge of a unit's own, which lives and goes with it. */
export type UnitNetworks = {
  /** Makes the unit's bridge and closes it; where it is there already it is closed again. */
  readonly ensure: (unit: NetworkWish) => Promise<Bridge>;
  /** Closes the unit's bridge again, where it has one: before it starts once more. */
  readonly close: (id: string) => Promise<void>;
  readonly find: (id: string, signal?: AbortSignal) => Promise<FoundNetwork | undefined>;
  readonly list: (signal?: AbortSignal) => Promise<readonly FoundNetwork[]>;
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
};

/** `forBuild`: for the steps of a build in the place of a unit. */
type NetworkWish = Pick<UnitSpec, "id" | "kind"> & {
  readonly network: Exclude<UnitSpec["network"], "none" | "named">;
  readonly forBuild?: boolean;
};

export type FoundNetwork = {
  readonly identity: UnitIdentity;
  readonly createdAt: number;
  readonly bridge: Bridge;
  /** Whether a build may be using it, of this or of another process: then nothing is left over. */
  readonly inBuild: boolean;
};

export type NetworksContext = { readonly api: EngineApi; readonly labels: UnitLabels; readonly enforcer: Enforcer };

export function createUnitNetworks({ api, labels, enforcer }: NetworksContext): UnitNetworks {
  const find: UnitNetworks["find"] = async (id, signal) => {
    const reply = await api.find({ method: "GET", path: `/networks/${unitName(id)}`, signal }, NetworkReply);
    const found = reply === undefined ? undefined : foundNetwork(labels, reply);
    return found?.identity.id === id ? found : undefined;
  };
  return {
    find,
    list: async (signal) => {
      const replies = await deploymentNetworks(api, labels.deployment, signal);
      return replies.flatMap((reply) => foundNetwork(labels, reply) ?? []);
    },
    ensure: async ({ id, kind, network, forBuild = false }) => {
      const filter = await enforcer.filter(network);
      const ours = { ...labels.sign({ id, kind }), ...(forBuild ? { [BUILD_LABEL]: "1" } : {}) };
      const bits = forBuild ? BUILD_BITS : UNIT_BITS;
      const wish = { id, name: unitName(id), policy: network, bits, labels: ours };
      const bridge = (await find(id))?.bridge ?? (await createBridge(api, wish));
      requireLocalBridge(bridge);
      await filter.close([bridge]);
      return bridge;
    },
    close: async (id) => {
      const found = await find(id);
      if (found !== undefined) await (await enforcer.filter(found.bridge.policy)).close([found.bridge]);
    },
    remove: async (id, signal) => {
      if ((await find(id, signal)) === undefined) return;
      await removeNetwork(api, unitName(id), signal);
      await enforcer.forget(interfaceName(id));
    },
  };
}

/** What the engine has under the labels of the deployment; whether they are signed is not looked at. */
export function deploymentNetworks(
  api: EngineApi,
  deployment: string,
  signal: AbortSignal | undefined,
): Promise<readonly NetworkReply[]> {
  const filters = JSON.stringify({ label: [`${DEPLOYMENT_LABEL}=${deployment}`] });
  return api.json({ method: "GET", path: "/networks", query: { filters }, signal }, NetworkListReply);
}

export function foundNetwork(labels: UnitLabels, reply: NetworkReply): FoundNetwork | undefined {
  const identity = labels.verify(reply.Labels);
  if (identity === undefined || reply.Name !== unitName(identity.id)) return undefined;
  const bridge = readBridge(reply, identity.id);
  if (bridge === undefined || bridge.policy === "named") return undefined;
  const createdAt = Date.parse(reply.Created) || 0;
  const inBuild = reply.Labels[BUILD_LABEL] !== undefined && Date.now() - createdAt < LONGEST_BUILD_MS;
  return { identity, createdAt, bridge, inBuild };
}
