import type { Logger } from "../../base/logger.ts";
import { sha256 } from "../../base/sha256.ts";
import { KillTallies } from "../group/memory-kills.ts";
import type { UnitLabels } from "../unit-labels.ts";
import { detectControlGroups } from "./group/control-group-detection.ts";
import { createControlGroups, type ControlGroups, type Enforced } from "./group/control-groups.ts";
import { createLiveRuns, type LiveRuns } from "./run/live-runs.ts";
import { createPipeSupply, type PipeSupply } from "./run/pipe-supply.ts";
import { findHost, type ProcessHost } from "./host/process-host.ts";
import { identityToken, ownIdentity, type ProcessIdentity } from "./host/process-identity.ts";
import { createUnitStore, type UnitStore } from "./unit/unit-store.ts";
import { createWatchdog, type Watchdog } from "./run/watchdog.ts";

export type ProcessEngineOptions = {
  /** Where units are kept: `<stateDirectory>/<id>/`. Made when it is missing. */
  readonly stateDirectory: string;
  readonly labels: UnitLabels;
  /** Nothing is logged without one. */
  readonly logger?: Logger;
  /** The bubblewrap to use; the system's own when absent. */
  readonly bwrapPath?: string;
  /** `off`: limits are kept as on a host without control groups. `auto` when absent: control groups where they work. */
  readonly controlGroups?: "auto" | "off";
};

/** What one engine works with, from its first use to its end. */
export type EngineParts = {
  readonly host: ProcessHost;
  readonly identity: ProcessIdentity;
  readonly store: UnitStore;
  /** Absent where this host lets us make none. */
  readonly groups: ControlGroups | undefined;
  readonly pipes: PipeSupply;
  /** By unit: what of the kernel's kills for memory is told to a run already. */
  readonly killTallies: KillTallies;
  readonly watchdog: Watchdog;
  readonly live: LiveRuns;
  readonly logger: Logger;
};

export function enforcedLimits(groups: ControlGroups | undefined): Enforced {
  return groups?.enforced ?? { memory: false, pids: false, cpu: false };
}

/** Looks at the host and gets ready; makes nothing that outlives it. */
export async function openParts(options: ProcessEngineOptions, logger: Logger): Promise<EngineParts> {
  const host = await findHost(options.bwrapPath);
  const identity = await ownIdentity();
  return {
    host,
    identity,
    store: createUnitStore({ state: options.stateDirectory, labels: options.labels, rm: host.programs.rm }),
    groups: await openGroups(options, host, identity),
    pipes: createPipeSupply(host.programs.sh),
    killTallies: new KillTallies(),
    watchdog: createWatchdog(),
    live: createLiveRuns(),
    logger,
  };
}

async function openGroups(
  options: ProcessEngineOptions,
  { programs }: ProcessHost,
  identity: ProcessIdentity,
): Promise<ControlGroups | undefined> {
  if (options.controlGroups === "off") return undefined;
  const name = groupName(options.labels.deployment, options.stateDirectory);
  const layout = await detectControlGroups({ name, token: identityToken(identity), sh: programs.sh });
  return layout === undefined ? undefined : createControlGroups(layout);
}

/** One group for all of a deployment's units in this state directory, so that no other's are ever taken for ours. */
export function groupName(deployment: string, stateDirectory: string): string {
  return `moorage-${sha256(`${deployment}\n${stateDirectory}`).slice(7, 27)}`;
}
