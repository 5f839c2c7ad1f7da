import type { Finding } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import { listed, ok, warning } from "./finding.ts";

/** Whether what units take on disk can be told: by that alone is their limit kept. */
export async function checkDiskLimits({ disk, store }: DomainContext): Promise<Finding> {
  const check = "system.disk-limits";
  const untold: string[] = [];
  for (const id of disk.untold.ids) {
    if (disk.find(id) !== undefined) untold.push(id);
    else if ((await store.sandboxes.get(id))?.state === "running") untold.push(id);
  }
  if (untold.length === 0) return ok(check, "Nothing runs here of which it could not be told what it takes on disk.");
  const message = `The disk limits of what could not be counted do not hold: ${listed(untold)}.`;
  const fix =
    "The log tells why. A directory is counted by `du` within 20 s; where the engine is on another machine, or Moorage is not root, the image needs a `du` too.";
  return warning(check, message, fix);
}
