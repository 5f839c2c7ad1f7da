import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";

const MAX_ENTRIES = 20_000;

/** One file of an archive. */
export type Content = {
  /** Where it is in the archive that the engine is given. */
  readonly file: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** Digest of what it unpacks to, its own where it is not compressed; undefined for what cannot be unpacked. */
  readonly unpackedDigest: string | undefined;
  /** Its bytes, of a document. */
  readonly document: Uint8Array | undefined;
};

/** What an archive holds. Names that lead out of it, and names that are there twice, are refused. */
export class Contents {
  readonly #files = new Map<string, Content>();
  readonly #links = new Map<string, string>();

  /** Where a name may be put: the name in one spelling. */
  place(name: string): string {
    const path = inside(name, name);
    if (this.#files.has(path) || this.#links.has(path)) throw invalid(`it has "${path}" twice`);
    if (this.#files.size + this.#links.size >= MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} entries`);
    return path;
  }

  add(path: string, content: Content): void {
    this.#files.set(path, content);
  }

  link(name: string, target: string, type: "symlink" | "link"): void {
    const from = type === "symlink" ? posix.dirname(name) : ".";
    if (posix.isAbsolute(target)) throw leadsOut(`${name} -> ${target}`);
    this.#links.set(this.place(name), inside(posix.join(from, target), `${name} -> ${target}`));
  }

  find(name: string): Content | undefined {
    const path = posix.normalize(name);
    return this.#files.get(path) ?? this.#files.get(this.#links.get(path) ?? path);
  }

  /** As `find`; IMAGE_ARCHIVE_INVALID when it is not there. */
  require(name: string): Content {
    const found = this.find(name);
    if (found === undefined) throw invalid(`it has no "${name}": it may have been cut off`);
    return found;
  }
}

function inside(name: string, shown: string): string {
  const path = posix.normalize(name).replace(/\/$/, "");
  const climbs = name.split("/").includes("..") && (path === ".." || path.startsWith("../"));
  if (climbs || posix.isAbsolute(name) || name.includes("\0") || path === "") throw leadsOut(shown);
  return path;
}

function leadsOut(shown: string): MoorageError {
  return invalid(`its entry ${JSON.stringify(shown)} leads out of it`);
}

export function invalid(why: string, cause?: unknown): MoorageError {
  return new MoorageError("IMAGE_ARCHIVE_INVALID", `This is no archive of an image that can be loaded: ${why}.`, {
    cause,
  });
}
