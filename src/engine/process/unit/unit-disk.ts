import { join } from "node:path";
import type { EngineDisk } from "../../engine.ts";
import { diskRoom } from "../../tree/disk-room.ts";
import { takenBytes } from "../../tree/taken-bytes.ts";
import type { EngineParts } from "../engine-parts.ts";

/** A unit's own trees are directories of this host; what a root that cannot be written keeps in memory takes nothing. */
export function createUnitDisk(ready: () => Promise<EngineParts>): EngineDisk {
  return {
    use: async (id, signal) => {
      const unit = await (await ready()).store.read(id);
      if (unit === undefined) return undefined;
      const { workspace, writableRoot } = unit.record;
      const place = workspace.type === "host" ? workspace.path : join(unit.directory, "workspace");
      const written = writableRoot ? [join(unit.directory, "home"), join(unit.directory, "tmp")] : [];
      const [workspaceBytes = 0, ...rest] = await takenBytes([place, ...written], signal);
      return {
        rootBytes: rest.includes(null) ? null : rest.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
        workspaceBytes: workspace.type === "memory" ? 0 : workspaceBytes,
      };
    },
    room: async () => diskRoom((await ready()).store.place),
    directory: async (path, signal) => (await takenBytes([path], signal))[0] ?? null,
  };
}
