import { isAbsolute, posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { PathStat } from "../api/replies.ts";
import { WORKSPACE } from "../unit/container-spec.ts";

// Go's bits of a file mode above the permissions.
const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
const GO_OTHER = [2 ** 26, 2 ** 25, 2 ** 24, 2 ** 21, 2 ** 19];
const SPECIAL_BITS = [
  [2 ** 23, 0o4000],
  [2 ** 22, 0o2000],
  [2 ** 20, 0o1000],
] as const;

export type FileType = "file" | "directory" | "symlink" | "other";

/** A path of a unit, and what is there: the way to it holds no symbolic links any more, its last part may be one. */
export type Place = {
  /** Real path inside the container. */
  readonly path: string;
  readonly stat: PathStat | undefined;
};

/** Looks at one path without following its last part; undefined when there is nothing. */
export type Look = (path: string) => Promise<PathStat | undefined>;

export function createLook(api: EngineApi, containerId: string, signal?: AbortSignal): Look {
  return async (path) => {
    const request = { method: "HEAD", path: `/containers/${containerId}/archive`, query: { path }, signal } as const;
    try {
      const header = (await api.head(request))["x-docker-container-path-stat"];
      return PathStat.parse(JSON.parse(Buffer.from(String(header), "base64").toString()));
    } catch (error) {
      if (answerOf(error)?.status === 404) return undefined;
      // The answer to HEAD has no words; the same question by GET fails with them.
      (await api.stream({ ...request, method: "GET" })).destroy();
      throw error;
    }
  };
}

/** Finds a path of the workspace part by part. A way out by a link is PATH_NOT_ALLOWED. */
export async function findPlace(look: Look, path: string): Promise<Place> {
  let place: Place = { path: WORKSPACE, stat: await look(WORKSPACE) };
  for (const part of partsOf(path)) {
    const directory = await followed(look, place);
    if (directory.stat === undefined || typeOf(directory.stat) !== "directory") return { path, stat: undefined };
    const next = posix.join(directory.path, part);
    place = { path: next, stat: await look(next) };
  }
  return place;
}

/** The place that a link leads to, or the place itself when it is no link. */
export async function followed(look: Look, place: Place): Promise<Place> {
  if (place.stat === undefined || typeOf(place.stat) !== "symlink") return place;
  // The engine has followed the whole chain, inside the container.
  const target = place.stat.linkTarget;
  if (!isInside(target)) throw leadsOut(place.path);
  const stat = await look(target);
  if (stat !== undefined && typeOf(stat) === "symlink") throw leadsOut(place.path);
  return { path: target, stat };
}

export function isInside(path: string): boolean {
  return path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
}

export function leadsOut(path: string): MoorageError {
  return new MoorageError("PATH_NOT_ALLOWED", `The path "${path}" leads out of ${WORKSPACE} by a link.`);
}

/** The parts of a path below the workspace. */
export function partsOf(path: string): readonly string[] {
  if (!isAbsolute(path) || !isInside(path) || path.split("/").includes("..")) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The path "${path}" is not inside ${WORKSPACE}.`);
  }
  return path
    .slice(WORKSPACE.length)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
}

export function typeOf({ mode }: PathStat): FileType {
  if (has(mode, GO_DIRECTORY)) return "directory";
  if (has(mode, GO_SYMLINK)) return "symlink";
  return GO_OTHER.some((bit) => has(mode, bit)) ? "other" : "file";
}

/** Permission bits as POSIX has them. */
export function permissionsOf({ mode }: PathStat): number {
  return SPECIAL_BITS.reduce((sum, [go, posixBit]) => sum + (has(mode, go) ? posixBit : 0), mode % 0o1000);
}

// The modes exceed the 31 bits that JavaScript's own bit operators take.
function has(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}
