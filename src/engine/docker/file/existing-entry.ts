import { MoorageError } from "../../../base/errors.ts";
import type { PathStat } from "../api/replies.ts";
import type { CommandContext } from "../run/run-command.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import type { Unit, Units } from "../unit/units.ts";
import { createLook, findPlace, followed, type Place } from "./unit-place.ts";

export type FilesContext = CommandContext & { readonly units: Units };

/** A unit whose files can be reached. */
export async function filesOf(
  { units }: FilesContext,
  id: string,
  signal?: AbortSignal,
): Promise<{ unit: Unit; containerId: string }> {
  const unit = await units.find(id, signal);
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  if (unit.container.HostConfig.Tmpfs?.[WORKSPACE] !== undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", "The docker engine cannot reach the files of a workspace in memory.", {
      hint: "Create the sandbox with a workspace on disk.",
    });
  }
  return { unit, containerId: unit.container.Id };
}

export type Wanted = {
  readonly id: string;
  readonly path: string;
  /** Whether a link at the end of the path is followed. */
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
};

type Existing = {
  readonly unit: Unit;
  readonly containerId: string;
  readonly place: Place & { readonly stat: PathStat };
};

/** An entry of a unit, FILE_NOT_FOUND when it is missing. */
export async function existing(context: FilesContext, { id, path, follow, signal }: Wanted): Promise<Existing> {
  const { unit, containerId } = await filesOf(context, id, signal);
  const look = createLook(context.api, containerId, signal);
  const found = await findPlace(look, path);
  const place = follow ? await followed(look, found) : found;
  if (place.stat === undefined) throw new MoorageError("FILE_NOT_FOUND", `There is no "${path}" in the sandbox.`);
  return { unit, containerId, place: { path: place.path, stat: place.stat } };
}
