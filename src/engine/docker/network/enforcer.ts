import { MoorageError } from "../../../base/errors.ts";
import type { Enforcement, NetworkPolicy } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { BridgeReply } from "../api/replies.ts";
import { endpointName } from "../endpoint/endpoint.ts";
import { findFilterProgram, type FoundProgram } from "./filter-program.ts";
import { hasInterface } from "./bridge.ts";
import { createPacketFilter, type PacketFilter } from "./packet-filter.ts";

/** Finds out once what can be enforced here. */
export type Enforcer = {
  readonly enforcement: (policy: NetworkPolicy) => Promise<Enforcement>;
  /** The filter that keeps the policy; ENGINE_UNSUPPORTED with reason and fix where there is none. */
  readonly filter: (policy: NetworkPolicy) => Promise<PacketFilter>;
  /** Takes an interface's rules away, where rules can be set at all. */
  readonly forget: (interfaceName: string) => Promise<void>;
};

export function createEnforcer(api: EngineApi): Enforcer {
  let looking: Promise<FoundProgram> | undefined;
  const look = (): Promise<FoundProgram> => (looking ??= findHere(api));
  const filterHere = async (): Promise<PacketFilter | undefined> => {
    const found = await look();
    return "program" in found ? createPacketFilter(found.program) : undefined;
  };
  return {
    enforcement: async (policy) => {
      if (policy === "none") return { enforced: true };
      const found = await look();
      return "program" in found ? { enforced: true } : found;
    },
    filter: async (policy) => {
      const found = await look();
      if ("program" in found) return createPacketFilter(found.program);
      const message = `The network policy "${policy}" cannot be enforced by the docker engine: ${found.reason}.`;
      throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `${found.fix} Or use --network none.` });
    },
    forget: async (name) => (await filterHere())?.forget(name),
  };
}

async function findHere(api: EngineApi): Promise<FoundProgram> {
  const { endpoint } = api;
  if (!("socketPath" in endpoint) || process.platform !== "linux") {
    return refused(`the engine at ${endpointName(endpoint)} keeps its packet filter where this process cannot set it`);
  }
  const { product } = await api.traits();
  if (product !== "Docker Engine") return refused(`${product} names the bridges of its networks itself`);
  if (!(await hasBridgeHere(api))) return refused("its bridges are not on this machine's network");
  return findFilterProgram();
}

function refused(reason: string): FoundProgram {
  return {
    enforced: false,
    reason,
    fix: "Run Moorage beside a Docker Engine on its own Linux host.",
  };
}

/** A rootless or a desktop engine has its bridges in a network of its own. */
async function hasBridgeHere(api: EngineApi): Promise<boolean> {
  const bridge = await api.find({ method: "GET", path: "/networks/bridge" }, BridgeReply);
  const name = bridge?.Options?.["com.docker.network.bridge.name"];
  return name !== undefined && hasInterface(name);
}
