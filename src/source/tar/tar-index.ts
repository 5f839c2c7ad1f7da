import { MoorageError } from "../../base/errors.ts";
import { parentOf, type Found } from "../entry.ts";
import type { RawHeader } from "./read-header.ts";

/** What an archive has, by path; of a file also where its content is in the file of all contents. */
export type ArchiveEntries = ReadonlyMap<string, Found & { readonly offset?: number }>;

const MOST_TOLD = 20;
const SLASH = 0x2f;

/** Notes the entries of an archive, and which of them no honest archive has. */
export class TarIndex {
  readonly #entries = new Map<string, Found & { readonly offset?: number }>();
  readonly #wrong: string[] = [];

  add(header: RawHeader, offset: number): void {
    const name = header.name.toString("utf8");
    if (!header.name.equals(Buffer.from(name))) {
      const path = plain(name);
      this.#entries.set(path, { type: "misfit", path, reason: "has a name that is not UTF-8" });
      return;
    }
    const reason = wrongName(name);
    const path = plain(name);
    if (reason !== undefined) this.#refuse(name, reason);
    else if (path !== "") this.#put(path, this.#found(header, { path, offset }));
  }

  /** INVALID_INPUT with each name that leads out, comes twice, or is below what is no directory. */
  finished(): ArchiveEntries {
    for (const path of this.#entries.keys()) {
      for (let above = parentOf(path); above !== ""; above = parentOf(above)) {
        const type = this.#entries.get(above)?.type ?? "directory";
        if (type !== "directory") this.#refuse(path, `is below ${JSON.stringify(above)}, which is no directory`);
      }
    }
    if (this.#wrong.length === 0) return this.#entries;
    const told = this.#wrong.slice(0, MOST_TOLD);
    const more = this.#wrong.length > MOST_TOLD ? [`and ${this.#wrong.length - MOST_TOLD} more`] : [];
    const message = `The build context has names that no archive of a directory has: ${[...told, ...more].join("; ")}.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Pack it anew from inside its directory: `tar -c .`" });
  }

  #found(header: RawHeader, { path, offset }: { readonly path: string; readonly offset: number }) {
    const { mtime, sizeBytes } = header;
    const common = { path, mode: header.mode & 0o777, mtime };
    const misfit = (reason: string) => ({ type: "misfit", path, reason }) as const;
    const target = header.target.toString("utf8");
    switch (header.type) {
      case "0":
      case "7":
      case "\0":
        // As tar did before it had a type for directories.
        if (header.name.at(-1) === SLASH) return { ...common, type: "directory" } as const;
        return { ...common, type: "file", sizeBytes, offset } as const;
      case "5":
        return { ...common, type: "directory" } as const;
      case "2":
        return { ...common, type: "symlink", target } as const;
      case "1": {
        const linked = this.#entries.get(plain(target));
        if (linked?.type === "file") return { ...linked, path };
        return misfit(`is a hard link to ${JSON.stringify(target)}, which is no file before it`);
      }
      case "3":
      case "4":
        return misfit("is a device");
      case "6":
        return misfit("is a named pipe");
      case "S":
        return misfit("is a sparse file, in a form that few can read: pack it without --sparse");
      default:
        return misfit(`is of the unknown type ${JSON.stringify(header.type)}`);
    }
  }

  #put(path: string, found: Found & { readonly offset?: number }): void {
    const before = this.#entries.get(path);
    if (before !== undefined && (before.type !== "directory" || found.type !== "directory")) {
      this.#refuse(path, "is there twice");
    }
    this.#entries.set(path, found);
  }

  #refuse(name: string, reason: string): void {
    this.#wrong.push(`${JSON.stringify(name)} ${reason}`);
  }
}

function wrongName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.startsWith("/")) return "is absolute";
  if (name.split("/").includes("..")) return "leads upwards";
  return undefined;
}

/** Without what says nothing: `./`, doubled slashes, and the slash at a directory's end. */
function plain(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
