/**
 * Moorage's SDK: a client with the methods of the Platform, its errors, and the types of every input and answer.
 * @module
 */
export { createClient, type ClientOptions } from "./client.ts";
export { openSandbox, type SandboxFiles, type SandboxHandle } from "./sandbox-handle.ts";
export type { FetchAnswer, FetchInit, FetchLike } from "./http.ts";
export { isMoorageError, MoorageError, type WireError } from "../base/errors.ts";
export type { ErrorCode } from "../base/error-codes.ts";
export type { CallOptions, Platform } from "../contracts/platform.ts";
export type { ArchiveInput, RawOperations } from "../contracts/raw.ts";
export type * from "../contracts/types.ts";
