import type { UnitSpec } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import { PROFILES } from "../profiles.ts";
import { policyOf } from "./network.ts";

/** What the engine makes of a planned sandbox. The row has everything, so that a lost unit can be made again. */
export function unitSpec(row: SandboxRow): UnitSpec {
  const { writableRoot, capabilities } = PROFILES[row.profile];
  const image = row.unitImage ?? row.image;
  return {
    id: row.id,
    kind: "sandbox",
    ...(image === null ? {} : { image }),
    env: row.env,
    workspace: row.volume === null ? { type: "volume" } : { type: "named", volume: row.volume.id },
    limits: row.limits,
    writableRoot,
    capabilities,
    ...mainOf(row),
    ...(row.runtime === null ? {} : { runtime: row.runtime }),
    ...(row.ports.length === 0 ? {} : { ports: row.ports }),
    network: policyOf(row.network),
    labels: row.conversationId === null ? {} : { conversation_id: row.conversationId, user_id: row.owner },
  };
}

function mainOf({ useImageCommand, command }: SandboxRow): Pick<UnitSpec, "main"> {
  if (command !== null) return { main: { command } };
  return useImageCommand ? { main: {} } : {};
}
