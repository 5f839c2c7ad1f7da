import type { ProgramSpec, RunExit } from "../../engine.ts";
import type { JudgeKills } from "../../group/memory-kills.ts";
import type { RunGroup, UnitGroup } from "../group/control-groups.ts";
import type { Unit } from "../unit/unit-store.ts";

export type RunWish = {
  readonly unit: Unit;
  readonly spec: ProgramSpec;
  /** Called once the run has ended, before that is told. */
  readonly onEnd: (exit: RunExit) => Promise<void>;
};

/** The groups that a run is in, and what tells what the kernel has ended in them since it began. */
export type RunGroups = { readonly unit: UnitGroup; readonly run: RunGroup; readonly judgeKills: JudgeKills };
