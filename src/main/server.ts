/**
 * Moorage in your own process, or the server of this machine: the same platform that the command line uses.
 * @module
 */
export { openLocalPlatform, type LocalOptions, type LocalPlatform } from "./local-platform.ts";
export { readConfiguration } from "./read-configuration.ts";
export { locations, type Locations } from "./settings.ts";
export { openSocketPlatform, type RemotePlatform } from "./remote-platform.ts";
export { createLogger } from "./logger.ts";
