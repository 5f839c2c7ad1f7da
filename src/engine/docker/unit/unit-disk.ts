import { realpath } from "node:fs/promises";
import type { EngineDisk } from "../../engine.ts";
import { diskRoom } from "../../tree/disk-room.ts";
import { takenBytes } from "../../tree/taken-bytes.ts";
import { ContainerReply, InfoReply } from "../api/replies.ts";
import { runCommand, type CommandContext } from "../run/run-command.ts";
import { WORKSPACE } from "./container-spec.ts";
import { isOnThisHost } from "./host-proof.ts";
import type { Unit, Units } from "./units.ts";

const BLOCK_BYTES = 1024;
/** Also how long a pause of the sandbox may have to wait for it. */
const INSIDE_MS = 10_000;

export type DiskContext = CommandContext & { readonly units: Pick<Units, "find"> };

/** Where the engine's files are in reach they are counted here; else the engine and the container are asked. */
export function createUnitDisk(context: DiskContext): EngineDisk {
  return {
    use: async (id, signal) => {
      const unit = await context.units.find(id, signal);
      if (unit === undefined) return undefined;
      const here = await isOnThisHost(context.api, unit);
      const [rootBytes, workspaceBytes] = await Promise.all([
        rootUse(context, { unit, here }, signal),
        workspaceUse(context, { unit, here }, signal),
      ]);
      return { rootBytes, workspaceBytes };
    },
    directory,
    room: createRoom(context.api),
  };
}

/** A directory that has the name of the engine's, where the engine listens on this host, is taken for it. */
function createRoom(api: DiskContext["api"]): EngineDisk["room"] {
  let root: string | undefined;
  return async (signal) => {
    if (!("socketPath" in api.endpoint)) return null;
    root ??= (await api.json({ method: "GET", path: "/info", signal }, InfoReply)).DockerRootDir;
    return root === undefined ? null : diskRoom(root);
  };
}

type Seen = {
  readonly unit: Unit;
  /** Whether what the engine calls a path is one of this host. */
  readonly here: boolean;
};

async function rootUse(context: DiskContext, { unit, here }: Seen, signal?: AbortSignal): Promise<number | null> {
  const { HostConfig, GraphDriver } = unit.container;
  if (HostConfig.ReadonlyRootfs === true) return 0;
  const layer = GraphDriver?.Data?.UpperDir;
  return here && layer !== undefined ? directory(layer, signal) : layerSize(context, unit, signal);
}

async function workspaceUse(context: DiskContext, { unit, here }: Seen, signal?: AbortSignal): Promise<number | null> {
  const mount = unit.container.Mounts.find(({ Destination }) => Destination === WORKSPACE);
  if (mount === undefined) return 0;
  // A directory of the host is one that was looked at here before it was mounted.
  if (mount.Type === "bind") return directory(mount.Source, signal);
  return here ? directory(await realpath(mount.Source), signal) : countedInside(context, unit, signal);
}

async function directory(path: string, signal?: AbortSignal): Promise<number | null> {
  return (await takenBytes([path], signal))[0] ?? null;
}

/** The engine's own count, by the lengths of files: holes in them count as well. */
async function layerSize({ api }: DiskContext, { container }: Unit, signal?: AbortSignal): Promise<number | null> {
  const path = `/containers/${container.Id}/json`;
  const found = await api.find({ method: "GET", path, query: { size: "1" }, signal }, ContainerReply);
  return found?.SizeRw ?? null;
}

/** By a program of the image, as the unit's user: null where it has none, or does not run. */
async function countedInside(context: DiskContext, unit: Unit, signal?: AbortSignal): Promise<number | null> {
  if (unit.container.State.Status !== "running") return null;
  const command = ["du", "-skx", WORKSPACE];
  const containerId = unit.container.Id;
  const { stdout } = await runCommand(context, { containerId, command, timeoutMs: INSIDE_MS, signal });
  const blocks = Number.parseInt(stdout.toString("latin1"));
  return Number.isNaN(blocks) ? null : blocks * BLOCK_BYTES;
}
