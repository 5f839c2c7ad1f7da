import { FileProblem, type FileStore } from "./file-store.ts";

const MAX_LINKS = 40;

/** The physical path of a path, links followed (the last part only when `followLast`); what is missing stays as written. */
export async function resolvePath(store: FileStore, path: string, followLast: boolean): Promise<string> {
  const left = path.split("/").filter((part) => part !== "");
  let at = "";
  for (let links = 0; left.length > 0;) {
    const part = left.shift() ?? "";
    if (part === ".") continue;
    if (part === "..") {
      at = at.slice(0, at.lastIndexOf("/"));
      continue;
    }
    const entry = await store.stat(`${at}/${part}`);
    if (typeof entry?.target !== "string" || (left.length === 0 && !followLast)) {
      at = `${at}/${part}`;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new FileProblem(path, "too many symbolic links");
    if (entry.target.startsWith("/")) at = "";
    left.unshift(...entry.target.split("/").filter((piece) => piece !== ""));
  }
  return at === "" ? "/" : at;
}
