import type { RegistryAuth } from "../../base/registry-auth.ts";

export type ImageInfo = {
  /** What the unit is created from. */
  readonly reference: string;
  /** Content address, `sha256:…`: its registry's, of an image that came from one or went to one, else its id. */
  readonly digest: string;
  /** The engine's own address of the content, `sha256:…`: the same under whatever reference. */
  readonly id: string;
  readonly sizeBytes: number;
  /** Who its programs run as, as the image says it: a name or a number, empty for root. */
  readonly user: string;
};

/** One layer on its way between the engine and a registry; bytes are null where the engine has not told them. */
export type LayerProgress = {
  /** The engine's short name for it, the same throughout one transfer. */
  readonly layer: string;
  /** `there`: it was where it should go, and is not sent. */
  readonly status: "waiting" | "downloading" | "extracting" | "uploading" | "done" | "there";
  readonly currentBytes: number | null;
  readonly totalBytes: number | null;
};

export type PushedImage = {
  /** Of what the registry has taken, as the engine has heard it. */
  readonly digest: string;
  /** Of the image, unpacked. */
  readonly sizeBytes: number;
  readonly layersPushed: number;
  /** Layers that the registry had, and that were not sent. */
  readonly layersReused: number;
};

export type TransferOptions = {
  /** What to show to the registry; without it nothing is shown. */
  readonly auth?: RegistryAuth | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LayerProgress) => void) | undefined;
};

/** The images that may be named. What was made of a unit is none of them: `EngineSnapshots` has those. */
export type ImageStore = {
  /**
   * The image of this reference, pulled when it is missing; only then it is asked what to show to its registry. Fails as
   * `pull` does.
   */
  readonly ensure: (
    reference: string,
    options: {
      readonly auth?: (signal?: AbortSignal) => Promise<RegistryAuth | undefined>;
      readonly signal?: AbortSignal;
      readonly onProgress?: (message: string) => void;
    },
  ) => Promise<ImageInfo>;
  /**
   * Gets what the registry has now under this reference; `pulled` is false when that was here already. A platform is
   * `os/architecture[/variant]`, the engine's own when not given; where the registry has another one only, that is
   * IMAGE_NOT_FOUND, and the reference names what it named before. IMAGE_NOT_FOUND when the registry does not have it,
   * REGISTRY_DENIED when it wants other credentials, REGISTRY_UNTRUSTED when its certificate proves nothing to the
   * engine, IMAGE_UNAVAILABLE when it does not answer.
   */
  readonly pull: (
    reference: string,
    options: TransferOptions & { readonly platform?: string | undefined },
  ) => Promise<ImageInfo & { readonly pulled: boolean }>;
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
   * Sends the image of this reference, which names a tag, to the registry that it names. Resolves only once the registry
   * has taken all of it. IMAGE_NOT_FOUND when it is not here, INVALID_INPUT for a digest, ENGINE_UNSUPPORTED on an engine
   * that cannot `confirm`; otherwise fails as `pull` does.
   */
  readonly push: (reference: string, options: TransferOptions) => Promise<PushedImage>;
  /**
   * Gives the image of `reference` this name; false when it has it already. IMAGE_NOT_FOUND when it is not here, CONFLICT
   * when another image has the name.
   */
  readonly tag: (reference: string, name: string, signal?: AbortSignal) => Promise<boolean>;
  /**
   * The digest, `sha256:…`, that the registry itself has now under this reference. Fails as `pull` does, and with
   * ENGINE_UNSUPPORTED on an engine that cannot ask.
   */
  readonly confirm: (reference: string, options: Pick<TransferOptions, "auth" | "signal">) => Promise<string>;
  /**
   * Takes this reference away, and the image with the last one; absent ones are no error. CONFLICT while a unit, running
   * or not, is made of it.
   */
  readonly remove: (reference: string, signal?: AbortSignal) => Promise<void>;
};
