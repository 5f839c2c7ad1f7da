import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import type { NumericUser } from "../unit/unit-user.ts";
import type { TarHeader } from "./tar-header.ts";
import { followed, isInside, leadsOut, partsOf, typeOf, type Look } from "./unit-place.ts";

/** What an upload has found or made at a real path. */
type Known =
  | { readonly type: "directory"; readonly path: string; readonly isNew: boolean }
  | { readonly type: "made"; readonly what: "file" | "link" };

const KEPT_TYPES: readonly TarHeader["type"][] = ["file", "contiguous-file", "directory", "symlink", "link"];
const DIRECTORY_MODE = 0o755;

export type UploadTree = {
  /** The entries that make the directory that everything goes below, as far as it is missing. */
  readonly begin: () => Promise<readonly TarHeader[]>;
  /** An entry as it is to be unpacked at the workspace's root, with the directories that it needs before it. */
  readonly place: (header: TarHeader) => Promise<readonly TarHeader[]>;
};

/**
 * Places the entries of an archive below a directory of the workspace: names become real paths, all links on the way
 * followed and checked against what is there, and everything belongs to the unit's user.
 */
export function createUploadTree(look: Look, directory: string, user: NumericUser): UploadTree {
  const known = new Map<string, Known>([[WORKSPACE, { type: "directory", path: WORKSPACE, isNew: false }]]);
  let base = WORKSPACE;

  const entry = (header: TarHeader, path: string): TarHeader => ({
    ...header,
    ...user,
    uname: "",
    gname: "",
    name: posix.relative(WORKSPACE, path),
    size: header.type === "file" || header.type === "contiguous-file" ? (header.size ?? 0) : 0,
  });

  const make = (path: string, added: TarHeader[]): Known => {
    added.push(entry({ name: "", type: "directory", mode: DIRECTORY_MODE, mtime: new Date() }, path));
    return { type: "directory", path, isNew: true };
  };

  const discover = async (path: string, parent: Known, added: TarHeader[]): Promise<Known> => {
    const stat = parent.type === "directory" && parent.isNew ? undefined : await look(path);
    if (stat === undefined) return make(path, added);
    const target = await followed(look, { path, stat });
    if (target.stat === undefined) throw leadsOut(path);
    if (typeOf(target.stat) !== "directory") throw notDirectory(path);
    return { type: "directory", path: target.path, isNew: false };
  };

  /** The real path of a directory below another real one, made when it is missing. */
  const enter = async (from: string, parts: readonly string[], added: TarHeader[]): Promise<string> => {
    let parent: Known = known.get(from) ?? { type: "directory", path: from, isNew: false };
    let real = from;
    for (const part of parts) {
      const path = posix.join(real, part);
      const here: Known = known.get(path) ?? (await discover(path, parent, added));
      known.set(path, here);
      if (here.type === "made") throw here.what === "link" ? leadsOut(path) : notDirectory(path);
      parent = here;
      real = here.path;
    }
    return real;
  };

  const link = async (header: TarHeader, parent: string): Promise<string> => {
    const target = header.linkname ?? "";
    if (header.type === "symlink") {
      if (!isInside(posix.resolve(parent, target))) throw notAllowed(header.name, `links to "${target}"`);
      return target;
    }
    const parts = entryParts({ ...header, name: target });
    const added: TarHeader[] = [];
    const real = await enter(base, parts.slice(0, -1), added);
    if (added.length > 0 || parts.length === 0) throw notAllowed(header.name, `links to "${target}", which is missing`);
    return posix.relative(WORKSPACE, posix.join(real, parts.at(-1) ?? ""));
  };

  return {
    begin: async () => {
      const added: TarHeader[] = [];
      base = await enter(WORKSPACE, partsOf(directory), added);
      return added;
    },
    place: async (header) => {
      const parts = entryParts(header);
      if (!KEPT_TYPES.includes(header.type)) throw notAllowed(header.name, `is a ${header.type ?? "thing of unknown kind"}`);
      const last = parts.at(-1);
      if (last === undefined) return [];
      const added: TarHeader[] = [];
      const parent = await enter(base, parts.slice(0, -1), added);
      const path = posix.join(parent, last);
      const isLink = header.type === "symlink" || header.type === "link";
      const linkname = isLink ? await link(header, parent) : null;
      if (header.type === "directory") known.set(path, { type: "directory", path, isNew: false });
      else known.set(path, { type: "made", what: header.type === "symlink" ? "link" : "file" });
      return [...added, entry({ ...header, linkname }, path)];
    },
  };
}

function entryParts({ name }: TarHeader): readonly string[] {
  const parts = name.split("/");
  if (name.startsWith("/") || name.includes("\0") || parts.includes("..")) {
    throw notAllowed(name, "is absolute or climbs with ..");
  }
  return parts.filter((part) => part !== "" && part !== ".");
}

function notAllowed(name: string, why: string): MoorageError {
  return new MoorageError("PATH_NOT_ALLOWED", `The archive's entry "${name}" ${why}: it would lead out of ${WORKSPACE}.`, {
    hint: "Pack relative names and plain files, directories and links that stay inside.",
  });
}

function notDirectory(path: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `"${path}" is not a directory, so nothing can be put below it.`);
}
