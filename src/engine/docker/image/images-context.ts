import type { Logger } from "../../../base/logger.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { Enforcer } from "../network/enforcer.ts";
import type { UnitNetworks } from "../network/unit-networks.ts";

export type ImagesContext = {
  readonly api: EngineApi;
  readonly logger: Logger;
  readonly networks: UnitNetworks;
  readonly enforcer: Enforcer;
  /** Pauses before the second, third … attempt of a build that failed for reasons of the network. */
  readonly retryMs: readonly number[];
};
