/** Volumes of this deployment that outlive units, by Moorage's ids. */
export type EngineVolumes = {
  /** Makes it where it is missing. CONFLICT when something that is not of this deployment has its place. */
  readonly ensure: (id: string, signal?: AbortSignal) => Promise<void>;
  /** Removes it with its files; absent ones are no error. CONFLICT while a unit, running or not, has it. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
};
