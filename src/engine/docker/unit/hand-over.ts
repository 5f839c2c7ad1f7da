import { pack } from "tar-stream";
import type { EngineApi } from "../api/engine-api.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { writeHeader } from "../file/tar-header.ts";
import { WORKSPACE } from "./container-spec.ts";
import type { NumericUser } from "./unit-user.ts";

/**
 * Gives the root of a unit's volume to its user. Engines make volumes for root; unpacking an archive whose only entry
 * is the directory itself changes that, also before the container starts and where its root is read-only.
 */
export async function handOverVolume(api: EngineApi, containerId: string, user: NumericUser): Promise<void> {
  const archive = pack();
  writeHeader(archive, { name: "/", type: "directory", mode: 0o755, mtime: new Date(), ...user });
  archive.finalize();
  await api.send({
    method: "PUT",
    path: `/containers/${containerId}/archive`,
    query: { path: WORKSPACE },
    tar: bytesOf(archive),
  });
}
