import { MoorageError } from "../../base/errors.ts";
import type { EngineNetworks, NamedNetworks, PortAddress } from "../engine.ts";
import type { UnitLabels } from "../unit-labels.ts";
import type { MemoryHost, MemoryNetwork, MemoryUnit } from "./memory-host.ts";

type Enter = (method: keyof NamedNetworks, signal: AbortSignal | undefined) => Promise<void>;
type Parts = { readonly host: MemoryHost; readonly labels: UnitLabels };

export const NOTHING_ELSE = "it enforces none and net:NAME alone";
const REFUSED = { enforced: false, reason: NOTHING_ELSE, fix: "Leave out --network, or use --engine docker." } as const;

/** Programs in memory reach each other by their networks alone, so that the policy `named` is kept. */
export function createMemoryNetworks(parts: Parts, enter: Enter): EngineNetworks {
  return {
    enforcement: (policy) => Promise.resolve(policy === "none" || policy === "named" ? { enforced: true } : REFUSED),
    entrance: () => Promise.resolve(undefined),
    reassert: () => Promise.resolve(),
    named: createNamed(parts, enter),
  };
}

function createNamed({ host, labels }: Parts, enter: Enter): NamedNetworks {
  const { networks } = host;
  const isOurs = (network: MemoryNetwork | undefined, id: string): boolean =>
    labels.isKept("network", id, network?.labels ?? {});
  const own = (id: string): MemoryNetwork | undefined => {
    const network = networks.get(id);
    return isOurs(network, id) ? network : undefined;
  };
  return {
    ensure: async ({ id, name }, signal) => {
      await enter("ensure", signal);
      for (const taken of [id, name]) {
        if (!networks.has(taken) || isOurs(networks.get(taken), id)) continue;
        throw new MoorageError(
          "CONFLICT",
          `The engine has a network "${taken}" that is not Moorage's: it is not used.`,
        );
      }
      if (own(id) === undefined) networks.set(id, { labels: labels.signKept("network", id), subnet: "10.213.0.0/24" });
    },
    inspect: async (id, signal) => {
      await enter("inspect", signal);
      const network = own(id);
      if (network === undefined) return undefined;
      const members = membersOf(host, id).map((unit) => ({ unitId: unit.id, address: null }));
      return { id, subnet: network.subnet, members };
    },
    list: async (signal) => {
      await enter("list", signal);
      return [...networks.keys()].filter((id) => own(id) !== undefined);
    },
    leave: async (id, unitId, signal) => {
      await enter("leave", signal);
      for (const unit of membersOf(host, id)) if (unit.id === unitId) unit.joined = undefined;
    },
    remove: async (id, signal) => {
      await enter("remove", signal);
      if (own(id) === undefined) return;
      const [member] = membersOf(host, id);
      if (member !== undefined)
        throw new MoorageError("CONFLICT", `The network ${id} is in use by the sandbox ${member.id}.`);
      networks.delete(id);
    },
  };
}

type Place = { readonly name: string; readonly port: number };

/** Where a member of the unit's network serves; undefined for whom it cannot reach. */
export function peerAddress(host: MemoryHost, { joined }: MemoryUnit, { name, port }: Place): PortAddress | undefined {
  const members = joined === undefined ? [] : membersOf(host, joined);
  const named = members.find(({ id, spec }) => id === name || spec.membership?.names.includes(name) === true);
  return named?.ports.get(port);
}

/** Running or not. */
function membersOf({ units }: MemoryHost, network: string): readonly MemoryUnit[] {
  return [...units.values()].filter((unit) => unit.joined === network);
}
