import type { Clock } from "../../../base/clock.ts";
import { FileProblem, type EntryWish, type FileStore, type Owner, type StoredEntry } from "./file-store.ts";

type Common = { mode: number; owner: Owner; modifiedAt: number };
type FileNode = Common & { readonly type: "file"; data: Uint8Array };
type DirectoryNode = Common & { readonly type: "directory"; readonly children: Map<string, Node> };
type LinkNode = Common & { readonly type: "symlink"; readonly target: string };
type Node = FileNode | DirectoryNode | LinkNode;

/** A tree of files in memory, empty but for its root. */
export function createMemoryStore(clock: Clock): FileStore {
  const root: DirectoryNode = directory({ mode: 0o755, owner: { uid: 0, gid: 0 }, modifiedAt: clock.now() });
  const common = (wish: EntryWish): Common => ({ ...wish, modifiedAt: wish.modifiedAt ?? clock.now() });
  return {
    stat: (path) => soon(() => described(find(root, path))),
    names: (path) => soon(() => [...directoryAt(root, path).children.keys()]),
    read: (path) =>
      soon(() => {
        const node = find(root, path);
        if (node?.type !== "file") throw new FileProblem(path, node === undefined ? "no such file" : "not a file");
        return node.data;
      }),
    write: (path, data, wish) =>
      soon(() => {
        const parent = directoryAt(root, parentOf(path));
        const there = parent.children.get(nameOf(path));
        if (there !== undefined && there.type !== "file") throw new FileProblem(path, `is a ${there.type}`);
        parent.children.set(nameOf(path), { type: "file", data: Uint8Array.from(data), ...common(wish) });
      }),
    makeDirectory: (path, wish) => soon(() => newChild(root, path, directory(common(wish)))),
    link: (target, path, owner) =>
      soon(() => newChild(root, path, { type: "symlink", target, ...common({ mode: 0o777, owner }) })),
    setMode: (path, mode) =>
      soon(() => {
        const node = find(root, path);
        if (node === undefined) throw new FileProblem(path, "no such file");
        node.mode = mode;
      }),
    rename: (from, to) =>
      soon(() => {
        const node = find(root, from);
        if (node === undefined) throw new FileProblem(from, "no such file");
        directoryAt(root, parentOf(to)).children.set(nameOf(to), node);
        directoryAt(root, parentOf(from)).children.delete(nameOf(from));
      }),
    remove: (path) =>
      soon(() => {
        const parent = find(root, parentOf(path));
        if (parent?.type === "directory") parent.children.delete(nameOf(path));
      }),
  };
}

// Answers a turn later, as every store does: what is thrown becomes a rejection.
async function soon<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}

function newChild(root: DirectoryNode, path: string, node: Node): void {
  const parent = directoryAt(root, parentOf(path));
  if (parent.children.has(nameOf(path))) throw new FileProblem(path, "exists");
  parent.children.set(nameOf(path), node);
}

function directory(common: Common): DirectoryNode {
  return { type: "directory", children: new Map(), ...common };
}

function find(root: DirectoryNode, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const part of path.split("/")) {
    if (part === "") continue;
    node = node?.type === "directory" ? node.children.get(part) : undefined;
  }
  return node;
}

function directoryAt(root: DirectoryNode, path: string): DirectoryNode {
  const node = find(root, path);
  if (node?.type !== "directory")
    throw new FileProblem(path, node === undefined ? "no such directory" : "not a directory");
  return node;
}

function described(node: Node | undefined): StoredEntry | undefined {
  if (node === undefined) return undefined;
  const { type, mode, owner, modifiedAt } = node;
  const sizeBytes = node.type === "file" ? node.data.byteLength : 0;
  return { type, mode, owner, modifiedAt, sizeBytes, target: node.type === "symlink" ? node.target : null };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
