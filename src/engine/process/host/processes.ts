import { readdir, readFile } from "node:fs/promises";

/** Sends a signal; a process that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ESRCH") throw error;
  }
}

export type ProcessStatus = {
  readonly pid: number;
  readonly parent: number;
  readonly threads: number;
  /** When it was started, in clock ticks since the machine was: with the pid it names one process only. */
  readonly startTicks: number;
  readonly residentPages: number;
};

/** What /proc tells of a process; undefined when there is none. */
export async function processStatus(pid: number | "self"): Promise<ProcessStatus | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The name, in parentheses, may contain anything; fields are counted from behind it, so that "state" is 0.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number): number => Number(fields[index]);
  // A zombie has ended, only its parent has not looked.
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return {
    pid: Number(text.slice(0, text.indexOf(" "))),
    parent: field(1),
    threads: field(17),
    startTicks: field(19),
    residentPages: field(21),
  };
}

/** Every process of the host that is visible. */
export async function allProcesses(): Promise<readonly ProcessStatus[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => processStatus(pid)));
  return found.filter((status) => status !== undefined);
}

/** A process with all its descendants. Those of a run cannot leave: orphans fall to PID 1 of their own namespace. */
export function treeOf(root: number, processes: readonly ProcessStatus[]): readonly ProcessStatus[] {
  const tree = processes.filter(({ pid }) => pid === root);
  const known = new Set(tree.map(({ pid }) => pid));
  for (let grown = true; grown;) {
    const next = processes.filter(({ pid, parent }) => known.has(parent) && !known.has(pid));
    for (const found of next) {
      known.add(found.pid);
      tree.push(found);
    }
    grown = next.length > 0;
  }
  return tree;
}

/** The child of a process that has one; undefined when it has none. */
export async function onlyChildOf(parent: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8").catch(() => undefined);
  const known = Number(children?.trim().split(" ")[0] ?? 0);
  if (known > 0) return known;
  // Kernels without that file.
  return (await allProcesses()).find((status) => status.parent === parent)?.pid;
}

/** Kills a process and its descendants. It is stopped first, so that it makes no more meanwhile. */
export async function killTree(root: number): Promise<void> {
  signalProcess(root, "SIGSTOP");
  for (const { pid } of treeOf(root, await allProcesses())) signalProcess(pid, "SIGKILL");
}

const AT_PAGESZ = 6n;

/** Size of a page of this machine's memory: of 64-bit ARM there are several kinds. */
export async function pageBytes(): Promise<number> {
  const vector = await readFile("/proc/self/auxv");
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
  }
  return 4096;
}
