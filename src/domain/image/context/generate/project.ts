import { parentOf, type Entry, type Source } from "../../../../source/entry.ts";

/** What can be seen of a project by who writes its Dockerfile: what is kept of it, and small files of its root. */
export type Project = {
  /** Whether the root has a file of this name. */
  readonly has: (name: string) => boolean;
  /** The names of the directories in a directory; "" is the root. */
  readonly directories: (path: string) => readonly string[];
  /** The text of a file of the root; empty where there is none. */
  readonly text: (name: string) => Promise<string>;
};

export type Recipe = {
  readonly generatedFor: "python" | "node" | "go" | "static";
  /** Undefined: this is no such project. */
  readonly write: (project: Project) => Promise<readonly string[] | undefined>;
};

const MAX_BYTES = 4 * 1024 * 1024;

export function projectOf(source: Source, entries: readonly Entry[]): Project {
  const roots = new Map(entries.map((entry) => [entry.path, entry] as const));
  const has = (name: string): boolean => ["file", "symlink"].includes(roots.get(name)?.type ?? "");
  return {
    has,
    directories: (path) =>
      entries
        .filter((entry) => entry.type === "directory" && parentOf(entry.path) === path)
        .map((entry) => entry.path.slice(path === "" ? 0 : path.length + 1)),
    text: async (name) => {
      const bytes = has(name) ? await source.content(name, MAX_BYTES) : undefined;
      return bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
    },
  };
}

/** The user that generated images run as: a number, for what makes users differs from base to base. */
export const USER = "10001";

/** What copies the sources, so that their program may change them. */
export const COPY_ALL = `COPY --chown=${USER}:${USER} . .`;

/** Where the program is, and may write. */
export const PLACE: readonly string[] = ["WORKDIR /app", `RUN chown ${USER}:${USER} /app`];

/** The instruction for a command; with none, a comment that says so. */
export function commandLines(command: readonly string[] | undefined, looked: string): readonly string[] {
  if (command !== undefined) return [`CMD ${JSON.stringify(command)}`];
  return [`# No command could be told: there is no ${looked}. Name it when the image is run.`];
}

/** The command of a Procfile's `web` line. */
export function procfileCommand(text: string): readonly string[] | undefined {
  const line = /^web:[ \t]*(\S[^\r\n]*)/m.exec(text)?.[1]?.trim();
  return line === undefined ? undefined : ["/bin/sh", "-c", line];
}
