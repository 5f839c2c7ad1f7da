/**
 * Moorage's contracts: the operations table, its schemas, and the Platform interface that follows from it.
 * @module
 */
export { methodOf } from "./method.ts";
export { listOperations, type CallOptions, type NamedOperation, type Platform } from "./platform.ts";
export { operations, type Operations } from "./operations.ts";
export type { Operation } from "./operation.ts";
export type { ArchiveInput, RawOperations } from "./raw.ts";
export type * from "./types.ts";
