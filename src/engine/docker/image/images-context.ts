import type { Logger } from "../../../base/logger.ts";
import type { EngineApi } from "../api/engine-api.ts";

export type ImagesContext = {
  readonly api: EngineApi;
  readonly logger: Logger;
  /** Pauses before the second, third … attempt of a build that failed for reasons of the network. */
  readonly retryMs: readonly number[];
};
