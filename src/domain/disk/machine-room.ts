import { statfs } from "node:fs/promises";
import { withDeadline } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { DiskRoom } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";

/** Of a small disk no more than this part is kept free. */
const KEPT_SHARE = 0.05;
/** An engine that does not tell is no reason to wait: what it is asked next has its own deadline. */
const TOLD_MS = 2_000;

/** What is free on a disk of the machine, and what is to stay free there. */
export type MachineRoom = { readonly freeBytes: number; readonly keptBytes: number };

/** Of the disks on which the engine and Moorage's own state are, the one with the least to spare; undefined where nobody can tell. */
async function machineRoom(context: DomainContext): Promise<MachineRoom | undefined> {
  const { engine, policy, stateDirectory } = context;
  const ofEngine = withDeadline(engine.disk.room(), TOLD_MS, "Asking the engine for its room").catch(() => null);
  const seen = await Promise.all([ofEngine, roomOf(stateDirectory)]);
  const rooms = seen
    .filter((room) => room !== null)
    .map(({ freeBytes, totalBytes }) => ({
      freeBytes,
      keptBytes: Math.floor(Math.min(policy.keepFreeBytes, totalBytes * KEPT_SHARE)),
    }));
  return rooms.toSorted((a, b) => spare(a) - spare(b))[0];
}

/** Negative: less is free than is to stay free. */
function spare({ freeBytes, keptBytes }: MachineRoom): number {
  return freeBytes - keptBytes;
}

/** DISK_FULL where less is free than is to stay free: nothing new is begun. */
export async function refuseWithoutRoom(context: DomainContext): Promise<void> {
  const room = await machineRoom(context);
  if (room === undefined || spare(room) >= 0) return;
  throw new MoorageError("DISK_FULL", `The disk of the machine is nearly full: ${told(room)}.`, {
    hint: "Free space on it (`moorage doctor` tells where), remove sandboxes, or lower keepFreeBytes in moorage.config.json.",
    details: room,
  });
}

function told({ freeBytes, keptBytes }: MachineRoom): string {
  return `${formatBytes(freeBytes)} are free, and ${formatBytes(keptBytes)} are to stay free`;
}

async function roomOf(path: string): Promise<DiskRoom | null> {
  const seen = await statfs(path).catch(() => undefined);
  return seen === undefined ? null : { freeBytes: seen.bavail * seen.bsize, totalBytes: seen.blocks * seen.bsize };
}
