import { MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { InfoReply } from "../api/replies.ts";

type Said = Pick<InfoReply, "CgroupDriver" | "CgroupVersion">;

/** Engines that were found to have control groups. */
const CHECKED = new WeakSet<EngineApi>();

/**
 * Refuses an engine without control groups: it takes limits and keeps none, and says so nowhere but in its description.
 * Engines without root rights are such where the host has control groups of version 1.
 */
export async function refuseWithoutLimits(api: EngineApi): Promise<void> {
  if (CHECKED.has(api)) return;
  refuseUnlimited(await api.json({ method: "GET", path: "/info" }, InfoReply));
  CHECKED.add(api);
}

export function refuseUnlimited({ CgroupDriver, CgroupVersion }: Said): void {
  if (CgroupDriver !== "none") return;
  const host = CgroupVersion === undefined ? "" : ` (the host has version ${CgroupVersion})`;
  const message = `This engine cannot enforce any limit: it runs without control groups${host}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Boot the host with control groups v2 and delegate them to the engine's user, or use an engine that runs as root.",
  });
}
