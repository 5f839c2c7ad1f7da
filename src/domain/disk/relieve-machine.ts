import type { DomainContext } from "../context.ts";
import { told, type MachineRoom } from "./machine-room.ts";
import type { UnitWatch } from "./unit-watch.ts";

/** Who has grown by less since the last look is not what fills the disk. */
const LEAST_BYTES = 1024 * 1024;

/**
 * When the disk of the machine is nearly full: looks at all units in which runs go on, and ends the runs of the one that
 * has grown most since the look before, where somebody hides that first of all. The next look finds whether that was enough.
 */
export async function relieveMachine({ disk, logger }: DomainContext, room: MachineRoom): Promise<void> {
  const grown = await Promise.all(disk.all().map(async (watch) => ({ watch, bytes: await watch.recentGrowth() })));
  const [most] = grown.toSorted((a, b) => b.bytes - a.bytes);
  if (most === undefined || most.bytes < LEAST_BYTES) return;
  logger.warn({ ...room, grownBytes: most.bytes, sandboxId: most.watch.id }, "the disk of the machine is nearly full");
  most.watch.end(reason(most, room));
}

type Grown = { readonly watch: UnitWatch; readonly bytes: number };

function reason({ watch, bytes }: Grown, room: MachineRoom): string {
  const unit = watch.kind === "job" ? "it" : "its sandbox";
  const why = Number.isFinite(bytes) ? `${unit} grew most` : `what ${unit} takes could not be counted`;
  return `The disk of the machine is nearly full (${told(room)}), and ${why}.`;
}
