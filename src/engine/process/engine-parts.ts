import type { Logger } from "../../base/logger.ts";
import type { ControlGroups, Enforced } from "./control-groups.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { PipeSupply } from "./pipe-supply.ts";
import type { ProcessHost } from "./process-host.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { UnitStore } from "./unit-store.ts";
import type { Watchdog } from "./watchdog.ts";

/** What one engine works with, from its first use to its end. */
export type EngineParts = {
  readonly host: ProcessHost;
  readonly identity: ProcessIdentity;
  readonly store: UnitStore;
  /** Absent where this host lets us make none. */
  readonly groups: ControlGroups | undefined;
  readonly pipes: PipeSupply;
  readonly watchdog: Watchdog;
  readonly live: LiveRuns;
  readonly logger: Logger;
};

export function enforcedLimits(groups: ControlGroups | undefined): Enforced {
  return groups?.enforced ?? { memory: false, pids: false, cpu: false };
}
