import type { UnitSpec } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import { PROFILES } from "../profiles.ts";
import { policyOf } from "./network.ts";

/** What the engine makes of a planned sandbox. The row has everything, so that a lost unit can be made again. */
export function unitSpec(row: SandboxRow): UnitSpec {
  const { writableRoot, capabilities } = PROFILES[row.profile];
  const image = row.base?.reference ?? row.unitImage ?? row.image;
  return {
    id: row.id,
    kind: "sandbox",
    ...(image === null ? {} : { image }),
    env: row.env,
    ...placeOf(row),
    limits: row.limits,
    writableRoot,
    // In a directory of the host nobody is more than its owner: what is made there stays on the host.
    capabilities: row.directory === null ? capabilities : [],
    ...mainOf(row),
    ...(row.runtime === null ? {} : { runtime: row.runtime }),
    ...(row.ports.length === 0 ? {} : { ports: row.ports }),
    network: policyOf(row.network),
    ...membershipOf(row),
    labels: row.conversationId === null ? {} : { conversation_id: row.conversationId, user_id: row.owner },
  };
}

function placeOf({ volume, directory }: SandboxRow): Pick<UnitSpec, "workspace" | "user"> {
  if (directory !== null) {
    const { path, user } = directory;
    return { workspace: { type: "host", path }, ...(user === null ? {} : { user }) };
  }
  return { workspace: volume === null ? { type: "volume" } : { type: "named", volume: volume.id } };
}

function membershipOf({ networkId, name }: SandboxRow): Pick<UnitSpec, "membership"> {
  return networkId === null ? {} : { membership: { network: networkId, names: name === null ? [] : [name] } };
}

function mainOf({ useImageCommand, command }: SandboxRow): Pick<UnitSpec, "main"> {
  if (command !== null) return { main: { command } };
  return useImageCommand ? { main: {} } : {};
}
