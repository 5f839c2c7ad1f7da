import type { TreeRoot } from "./tree-control.ts";

/** A run's tree, and the start of the container in which its pids are valid. */
export type FoundRun = { readonly root: TreeRoot; readonly containerStartedAt: number };

export function runHandle({ root, containerStartedAt }: FoundRun): string {
  const { pid, start, keeper, user } = root;
  return [containerStartedAt, pid, start, keeper, ...(user === undefined ? [] : [user])].join(" ");
}

/** Undefined for what is no handle of this engine. */
export function parseRunHandle(handle: string): FoundRun | undefined {
  const [, startedAt, pid, start, keeper, user] = /^(\d+) (\d+) (\d+) (\d+)(?: (\S+))?$/.exec(handle) ?? [];
  if (pid === undefined || start === undefined || keeper === undefined) return undefined;
  return { root: { pid, start, keeper, user }, containerStartedAt: Number(startedAt) };
}
