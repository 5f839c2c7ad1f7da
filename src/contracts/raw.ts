import type { CallOptions } from "./call-options.ts";
import type { Image, StagedContext } from "./types.ts";

/**
 * What cannot be a row of the operations table, because it carries bytes instead of JSON.
 *
 * | method | HTTP |
 * |---|---|
 * | `download` | `GET /v1/sandboxes/{id}/archive?path=` answers `application/x-tar` |
 * | `upload` | `PUT /v1/sandboxes/{id}/archive?path=` takes `application/x-tar` |
 * | `read` | `GET /v1/sandboxes/{id}/content?path=` answers `application/octet-stream`, with `Range` a part of it |
 * | `write` | `PUT /v1/sandboxes/{id}/content?path=&mode=` takes `application/octet-stream` |
 * | `stage` | `PUT /v1/contexts?dockerfile=` takes `application/x-tar`, plain or with gzip, and answers as `context.create` does |
 * | `exportImage` | `GET /v1/image/archive?reference=` answers `application/x-tar` |
 * | `importImage` | `PUT /v1/image/archive?tag=` takes `application/x-tar` |
 */
export type RawOperations = {
  /** A file or a tree as a tar stream; entry names begin with the last part of `path`. */
  readonly download: (input: ArchiveInput, options?: CallOptions) => AsyncIterable<Uint8Array>;
  /** Unpacks a tar stream into the directory `path`, which is made when it is missing. */
  readonly upload: (input: ArchiveInput, tar: AsyncIterable<Uint8Array>, options?: CallOptions) => Promise<void>;
  /** Opens a file of any size. Whoever asks reads `content` to its end or disposes of the answer. */
  readonly read: (input: ReadInput, options?: CallOptions) => Promise<FilePart>;
  /** Writes a file of any size, making its directories; it appears under its name when it is whole. */
  readonly write: (
    input: WriteInput,
    content: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ) => Promise<{ readonly path: string; readonly sizeBytes: number }>;
  /** Stages a tar archive, plain or with gzip, as what an image is to be built from. */
  readonly stage: (input: StageInput, tar: AsyncIterable<Uint8Array>, options?: CallOptions) => Promise<StagedContext>;
  /**
   * An image as an OCI archive, which `docker load`, `podman load` and `skopeo` read too. IMAGE_NOT_FOUND also for
   * somebody else's.
   */
  readonly exportImage: (input: ImageExportArchive, options?: CallOptions) => AsyncIterable<Uint8Array>;
  /**
   * Makes an image of an archive of one image: an OCI layout, or what `docker save` writes. IMAGE_ARCHIVE_INVALID when it is
   * none or its digests are wrong, LIMIT_EXCEEDED when it is too large, CONFLICT when the tag is somebody else's.
   */
  readonly importImage: (
    input: ImageImport,
    archive: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ) => Promise<Image>;
};

export type StageInput = {
  /** Path of the Dockerfile in the archive. @default "Dockerfile", which is written where none is there */
  readonly dockerfile?: string;
};

export type ImageExportArchive = {
  readonly reference: string;
};

export type ImageImport = {
  /** `agent-env:TAG`, or TAG alone. @default "agent-env:import-TIME" */
  readonly tag?: string;
};

export type ReadInput = ArchiveInput & {
  /** Byte to begin at; a negative one counts from the end. RANGE_NOT_SATISFIABLE when the file has no such byte. @default 0 */
  readonly offset?: number;
  /** Bytes at most, from 1. @default up to the end */
  readonly length?: number;
};

export type WriteInput = ArchiveInput & {
  /** Permission bits in octal. @default "0644" */
  readonly mode?: string;
};

export type FilePart = AsyncDisposable & {
  /** Of the whole file. */
  readonly sizeBytes: number;
  /** Where the part begins, and how many bytes it has. */
  readonly offset: number;
  readonly length: number;
  /** To be read once. */
  readonly content: AsyncIterable<Uint8Array>;
};

export type ArchiveInput = {
  /** Id, name or conversation id of the sandbox. */
  readonly id: string;
  /** Relative to the workspace, or absolute below /workspace. */
  readonly path: string;
};
