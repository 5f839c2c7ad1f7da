import type { EngineName } from "../contracts/types.ts";

/** An image that Moorage built itself; only with this digest is it what was built. */
export type ImageRow = {
  readonly reference: string;
  readonly engine: EngineName;
  readonly kind: "dependencies";
  readonly digest: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
  /** When a sandbox was last made from it. */
  readonly usedAt: string;
};

export type ImageRows = {
  /** Adds it, or takes the place of the one with its reference. */
  readonly put: (row: ImageRow) => Promise<void>;
  readonly find: (reference: string) => Promise<ImageRow | undefined>;
  /** Notes the time of a use; absent ones are passed over. */
  readonly use: (reference: string, usedAt: string) => Promise<void>;
  readonly all: () => Promise<readonly ImageRow[]>;
  readonly remove: (reference: string) => Promise<void>;
};
