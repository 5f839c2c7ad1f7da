import { realpath } from "node:fs/promises";
import type { Tree } from "../../tree/tree.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { InfoReply } from "../api/replies.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { isOnThisHost } from "../unit/host-proof.ts";
import { resolveUser } from "../unit/unit-user.ts";
import type { Unit } from "../unit/units.ts";

/** Finds the workspace of a unit as a directory of this host; undefined where it must be left to the engine. */
export type FindHostTree = (unit: Unit) => Promise<Tree | undefined>;

/**
 * What the engine calls a path is one of this host only where the engine runs here. An engine that shifts users (rootless, user namespaces) is left alone, for what we wrote would belong to the wrong ones.
 */
export function createHostTrees(api: EngineApi): FindHostTree {
  let shifting: Promise<boolean> | undefined;
  const shiftsUsers = (): Promise<boolean> =>
    (shifting ??= readShifting(api).catch((error: unknown) => {
      shifting = undefined;
      throw error;
    }));
  return async (unit) => {
    const { container } = unit;
    const mount = container.Mounts.find(({ Destination }) => Destination === WORKSPACE);
    if (mount === undefined || !(await isOnThisHost(api, unit))) return undefined;
    if (await shiftsUsers()) return undefined;
    // Where an engine keeps its volumes may be a link of the administrator's; a directory that was allowed is none.
    const root = mount.Type === "volume" ? await realpath(mount.Source).catch(() => undefined) : mount.Source;
    if (root === undefined) return undefined;
    return { root, owner: await resolveUser(api, container.Id, container.Config.User) };
  };
}

async function readShifting(api: EngineApi): Promise<boolean> {
  const { SecurityOptions } = await api.json({ method: "GET", path: "/info" }, InfoReply);
  return (SecurityOptions ?? []).some((option) => /name=(?:rootless|userns)/.test(option));
}
