import type { CallOptions } from "./call-options.ts";

/**
 * What cannot be a row of the operations table, because it carries bytes instead of JSON.
 *
 * | method | HTTP |
 * |---|---|
 * | `download` | `GET /v1/sandboxes/{id}/archive?path=` answers `application/x-tar` |
 * | `upload` | `PUT /v1/sandboxes/{id}/archive?path=` takes `application/x-tar` |
 */
export type RawOperations = {
  /** A file or a tree as a tar stream; entry names begin with the last part of `path`. */
  readonly download: (input: ArchiveInput, options?: CallOptions) => AsyncIterable<Uint8Array>;
  /** Unpacks a tar stream into the directory `path`, which is made when it is missing. */
  readonly upload: (input: ArchiveInput, tar: AsyncIterable<Uint8Array>, options?: CallOptions) => Promise<void>;
};

export type ArchiveInput = {
  /** Id, name or conversation id of the sandbox. */
  readonly id: string;
  /** Relative to the workspace, or absolute below /workspace. */
  readonly path: string;
};
