/**
 * Moorage in your own process: the same platform that the command line uses.
 * @module
 */
export { openLocalPlatform, LOCAL_OWNER, type LocalOptions, type LocalPlatform } from "./local-platform.ts";
export { locations, readConfiguration, type Locations } from "./read-configuration.ts";
export { createLogger } from "./logger.ts";
