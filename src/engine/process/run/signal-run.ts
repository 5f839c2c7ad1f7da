import type { RunSignal } from "../../engine.ts";
import { allProcesses, onlyChildOf, signalProcess, treeOf } from "../host/processes.ts";
import type { Launched } from "../launch/launch.ts";
import type { RunGroups } from "./run-wish.ts";

export type SignaledRun = {
  readonly launched: Launched;
  readonly groups: RunGroups | undefined;
  /** Whether the sandbox is paused. */
  readonly isHeld: () => Promise<boolean>;
};

/** To the program alone, or to all but bubblewrap and its PID 1: these end with the program, and would take it with them. */
export async function signalRun({ launched, groups, isHeld }: SignaledRun, name: RunSignal): Promise<void> {
  const { child, init } = launched;
  const root = child.pid;
  if (root === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const toPrograms = (pids: readonly number[]): void => {
    for (const pid of pids) if (pid !== root && pid !== init) signalProcess(pid, `SIG${name}`);
  };
  if (name === "USR1" || name === "USR2") {
    const program = await onlyChildOf(init);
    toPrograms(program === undefined ? [] : [program]);
  } else if (groups === undefined) {
    toPrograms(treeOf(root, await allProcesses()).map(({ pid }) => pid));
  } else {
    await groups.run.whileFrozen(async () => toPrograms(await groups.run.processes()), isHeld);
  }
}
