import type { EngineName } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** An image that Moorage made itself, of a Dockerfile or an archive; only with this digest is it what was built. */
export type ImageRow = {
  readonly reference: string;
  readonly engine: EngineName;
  readonly kind: "dependencies" | "built" | "imported";
  /** Null: nobody's own, such as a cache that all share. */
  readonly owner: string | null;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
  /** When a sandbox, a job or another image was last made from it. */
  readonly usedAt: string;
};

export type ImageRows = {
  /**
   * Adds it, or takes the place of the owner's with its reference, and answers that; CONFLICT when the one with its
   * reference is somebody else's, or is nobody's and this one is somebody's.
   */
  readonly put: (row: ImageRow) => Promise<ImageRow | undefined>;
  readonly find: (reference: string) => Promise<ImageRow | undefined>;
  /** Notes the time of a use; absent ones are passed over. */
  readonly use: (reference: string, usedAt: string) => Promise<void>;
  /** An owner's own, newest first; with a prefix those whose references begin so. */
  readonly list: (
    owner: string,
    query: PageQuery & { readonly prefix?: string | undefined },
  ) => Promise<Page<ImageRow>>;
  /** Of all owners, those used longest ago first. */
  readonly all: () => Promise<readonly ImageRow[]>;
  readonly remove: (reference: string) => Promise<void>;
};
