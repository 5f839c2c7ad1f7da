import type { EngineNetworks, NamedNetworks, UnitEntrance } from "../../engine.ts";
import { hasInterface, type Bridge } from "./bridge.ts";
import { namedBridge } from "./named-networks.ts";
import { deploymentNetworks, foundNetwork, type NetworksContext, type UnitNetworks } from "./unit-networks.ts";

type Parts = NetworksContext & { readonly units: UnitNetworks; readonly named: NamedNetworks };

export function createEngineNetworks({ api, labels, enforcer, units, named }: Parts): EngineNetworks {
  return {
    enforcement: enforcer.enforcement,
    entrance: async (unit) => entranceOf(await units.ensure({ ...unit, network: "allow" })),
    named,
    reassert: async (signal) => {
      const replies = await deploymentNetworks(api, labels.deployment, signal);
      const bridges = replies.flatMap(
        (reply) => foundNetwork(labels, reply)?.bridge ?? namedBridge(labels, reply) ?? [],
      );
      if (bridges.length === 0) return;
      await (await enforcer.filter("internal")).close(bridges);
      // One that was removed meanwhile has its rules back.
      const gone = bridges.filter((bridge) => !hasInterface(bridge.interface));
      for (const bridge of gone) await enforcer.forget(bridge.interface);
    },
  };
}

/** Where a unit's traffic arrives: the bridge's own address. The unit has the only other one of its subnet. */
function entranceOf({ gateway, proxyPort }: Bridge): UnitEntrance | undefined {
  if (proxyPort === undefined) return undefined;
  const [last = "0", ...rest] = gateway.split(".").toReversed();
  return { host: gateway, port: proxyPort, unitAddress: [String(Number(last) + 1), ...rest].toReversed().join(".") };
}
