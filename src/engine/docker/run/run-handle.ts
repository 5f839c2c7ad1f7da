import type { TreeRoot } from "./tree-control.ts";

const SHARED = "+";

/** A run's tree, and the start of the container in which its pids are valid. */
export type FoundRun = { readonly root: TreeRoot; readonly containerStartedAt: number };

export function runHandle({ root, containerStartedAt }: FoundRun): string {
  const { pid, start, keeper, user, shared } = root;
  const kept = shared ? `${keeper}${SHARED}` : keeper;
  return [containerStartedAt, pid, start, kept, ...(user === undefined ? [] : [user])].join(" ");
}

/** Undefined for what is no handle of this engine. */
export function parseRunHandle(handle: string): FoundRun | undefined {
  const [, startedAt, pid, start, keeper, shared, user] =
    /^(\d+) (\d+) (\d+) (\d+)(\+?)(?: (\S+))?$/.exec(handle) ?? [];
  if (pid === undefined || start === undefined || keeper === undefined) return undefined;
  return { root: { pid, start, keeper, user, shared: shared === SHARED }, containerStartedAt: Number(startedAt) };
}
