import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import type { NumericUser } from "../unit/unit-user.ts";
import type { TarHeader } from "./tar-header.ts";
import { followed, isInside, leadsOut, partsOf, typeOf, type Look } from "./unit-place.ts";

/** What an upload has found or made at a real path. */
type Known =
  | { readonly type: "directory"; readonly path: string; readonly isNew: boolean }
  | { readonly type: "file" | "link"; readonly path: string };

const CONTENT_TYPES: readonly TarHeader["type"][] = ["file", "contiguous-file"];
const KEPT_TYPES: readonly TarHeader["type"][] = [...CONTENT_TYPES, "directory", "symlink", "link"];
const DIRECTORY_MODE = 0o755;
const ROOT: Known = { type: "directory", path: WORKSPACE, isNew: false };

/**
 * Places the entries of one archive below a directory of the workspace: names become real paths, all links on the way
 * followed and checked against what is there, and everything belongs to the unit's user.
 */
export class UploadTree {
  readonly #look: Look;
  readonly #unlink: (path: string) => Promise<void>;
  readonly #user: NumericUser;
  readonly #known = new Map<string, Known>();
  #base = ROOT;

  /** `unlink` removes a link that stands where a directory is to be; engines leave it in place otherwise. */
  constructor(look: Look, user: NumericUser, unlink: (path: string) => Promise<void>) {
    this.#look = look;
    this.#user = user;
    this.#unlink = unlink;
  }

  /** Everything goes below this directory. Answers the entries that make it, as far as it is missing. */
  async begin(directory: string): Promise<readonly TarHeader[]> {
    const added: TarHeader[] = [];
    this.#base = await this.#enter(ROOT, partsOf(directory), added);
    return added;
  }

  /** An entry as it is to be unpacked at the workspace's root, after the directories that it needs. */
  async place(header: TarHeader): Promise<readonly TarHeader[]> {
    const parts = partsOfEntry(header.name);
    if (!KEPT_TYPES.includes(header.type)) {
      throw notAllowed(header.name, `is a ${header.type ?? "thing of an unknown kind"}, which is not taken`);
    }
    const last = parts.at(-1);
    if (last === undefined) return [];
    const added: TarHeader[] = [];
    const parent = await this.#enter(this.#base, parts.slice(0, -1), added);
    const path = posix.join(parent.path, last);
    const linkname = await this.#linkTarget(header, parent.path);
    if (header.type === "directory") await this.#makeWay(path, parent);
    this.#known.set(path, knownAs(header.type, path));
    return [...added, this.#entry({ ...header, linkname }, path)];
  }

  /** The real directory below another one; what is missing is made, with entries added for it. */
  async #enter(from: Known, parts: readonly string[], added: TarHeader[]): Promise<Known> {
    let here = from;
    for (const part of parts) {
      const path = posix.join(here.path, part);
      const next = this.#known.get(path) ?? (await this.#discover(path, here)) ?? this.#make(path, added);
      this.#known.set(path, next);
      if (next.type === "link") throw leadsOut(path);
      if (next.type === "file") throw notDirectory(path);
      here = next;
    }
    return here;
  }

  async #discover(path: string, parent: Known): Promise<Known | undefined> {
    const stat = parent.type === "directory" && parent.isNew ? undefined : await this.#look(path);
    if (stat === undefined) return undefined;
    const target = await followed(this.#look, { path, stat });
    if (target.stat === undefined) throw leadsOut(path);
    if (typeOf(target.stat) !== "directory") throw notDirectory(path);
    return { type: "directory", path: target.path, isNew: false };
  }

  async #makeWay(path: string, parent: Known): Promise<void> {
    if ((parent.type === "directory" && parent.isNew) || this.#known.has(path)) return;
    const stat = await this.#look(path);
    if (stat !== undefined && typeOf(stat) === "symlink") await this.#unlink(path);
  }

  #make(path: string, added: TarHeader[]): Known {
    added.push(this.#entry({ name: "", type: "directory", mode: DIRECTORY_MODE, mtime: new Date() }, path));
    return { type: "directory", path, isNew: true };
  }

  #entry(header: TarHeader, path: string): TarHeader {
    const size = CONTENT_TYPES.includes(header.type) ? (header.size ?? 0) : 0;
    return { ...header, ...this.#user, uname: "", gname: "", size, name: posix.relative(WORKSPACE, path) };
  }

  async #linkTarget({ type, name, linkname }: TarHeader, parent: string): Promise<string | null> {
    const target = linkname ?? "";
    if (type === "symlink") {
      if (isInside(posix.resolve(parent, target))) return target;
      throw notAllowed(name, `links to "${target}": it would lead out of ${WORKSPACE}`);
    }
    if (type !== "link") return null;
    const parts = partsOfEntry(target);
    const added: TarHeader[] = [];
    const directory = await this.#enter(this.#base, parts.slice(0, -1), added);
    if (added.length > 0 || parts.length === 0) throw notAllowed(name, `links to "${target}", which is missing`);
    return posix.relative(WORKSPACE, posix.join(directory.path, parts.at(-1) ?? ""));
  }
}

function knownAs(type: TarHeader["type"], path: string): Known {
  if (type === "directory") return { type, path, isNew: false };
  return { type: type === "symlink" ? "link" : "file", path };
}

function partsOfEntry(name: string): readonly string[] {
  const parts = name.split("/");
  if (name.startsWith("/") || name.includes("\0") || parts.includes("..")) {
    throw notAllowed(name, `is absolute or climbs with "..": it would lead out of ${WORKSPACE}`);
  }
  return parts.filter((part) => part !== "" && part !== ".");
}

function notAllowed(name: string, why: string): MoorageError {
  return new MoorageError("PATH_NOT_ALLOWED", `The archive's entry "${name}" ${why}.`, {
    hint: "Pack relative names and plain files, directories and links that stay inside.",
  });
}

function notDirectory(path: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `"${path}" is not a directory, so nothing can be put below it.`);
}
