import type { EngineNetworks, UnitEntrance } from "../../engine.ts";
import type { Bridge } from "./bridge.ts";
import type { Enforcer } from "./enforcer.ts";
import type { UnitNetworks } from "./unit-networks.ts";

export function createEngineNetworks(networks: UnitNetworks, { enforcement }: Enforcer): EngineNetworks {
  return {
    enforcement,
    entrance: async (unit) => {
      const bridge = await networks.ensure({ ...unit, network: "allow" });
      return bridge === undefined ? undefined : entranceOf(bridge);
    },
    reassert: networks.reassert,
  };
}

/** Where a unit's traffic arrives: the bridge's own address. The unit has the only other one of its subnet. */
function entranceOf({ gateway, proxyPort }: Bridge): UnitEntrance | undefined {
  if (proxyPort === undefined) return undefined;
  const [last = "0", ...rest] = gateway.split(".").toReversed();
  return { host: gateway, port: proxyPort, unitAddress: [String(Number(last) + 1), ...rest].toReversed().join(".") };
}
