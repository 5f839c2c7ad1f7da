import type { EngineName } from "../contracts/types.ts";

/** A name that an image of an owner's has on an engine for as long as it is pushed to where that name says. */
export type LentName = {
  readonly reference: string;
  readonly engine: EngineName;
  readonly owner: string;
  /** The engine's, of the image. */
  readonly imageId: string;
  /** The process that pushes it. */
  readonly holder: string;
};

export type LentNames = {
  /** False when the name is lent on that engine already. */
  readonly add: (row: LentName) => Promise<boolean>;
  readonly all: () => Promise<readonly LentName[]>;
  /** Of this holder alone; absent ones are no error. */
  readonly remove: (row: LentName) => Promise<void>;
};
