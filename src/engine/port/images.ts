export type ImageInfo = {
  /** What the unit is created from. */
  readonly reference: string;
  /** Content address, `sha256:…`. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** Who its programs run as, as the image says it: a name or a number, empty for root. */
  readonly user: string;
};

/** The images that may be named. What was made of a unit is none of them: `EngineSnapshots` has those. */
export type ImageStore = {
  /**
   * The image of this reference, pulled when it is missing. IMAGE_NOT_FOUND when no registry has it, IMAGE_UNAVAILABLE
   * when none answers.
   */
  readonly ensure: (
    reference: string,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (message: string) => void },
  ) => Promise<ImageInfo>;
  /** The local image, undefined when there is none; never pulls. */
  readonly find: (reference: string, signal?: AbortSignal) => Promise<ImageInfo | undefined>;
  /**
   * Builds from a Dockerfile alone, without a context. IMAGE_BUILD_FAILED with the last lines of the log in
   * `details.log`. With the network `open`, what its steps run reaches what that policy lets through, and where it
   * cannot be kept the build is ENGINE_UNSUPPORTED. Without one they have what the engine gives to builds: for recipes
   * that run nothing of others.
   */
  readonly build: (
    spec: {
      readonly tag: string;
      readonly dockerfile: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly network?: "open";
    },
    options: { readonly signal?: AbortSignal; readonly onLog?: (line: string) => void },
  ) => Promise<ImageInfo>;
  /**
   * Takes this reference away, and the image with the last one; absent ones are no error. CONFLICT while a unit, running
   * or not, is made of it.
   */
  readonly remove: (reference: string, signal?: AbortSignal) => Promise<void>;
};
