import type { ImageInfo } from "./image-info.ts";
import type { RegistryAuth } from "../../base/registry-auth.ts";
import type { BuildOptions, BuildSpec, BuiltImage } from "./builds.ts";

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

/** One step of an image. */
export type ImageStep = {
  /** ISO 8601; of bases often long ago. */
  readonly createdAt: string;
  /** As the builder has written it down. */
  readonly instruction: string;
  /** What its layer takes; 0 for one that changed no files. */
  readonly sizeBytes: number;
};

export type KeptName = {
  /** The image; undefined: none. */
  readonly id: string | undefined;
  /**
   * Whatever it names by now, it names again what it did; where that was nothing, the image goes too that nothing else
   * names or stands on. May be called again.
   */
  readonly restore: () => Promise<void>;
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
  /** Notes what a reference names now, nothing included, so that it can be had to name that again. */
  readonly keepName: (reference: string, signal?: AbortSignal) => Promise<KeptName>;
  /** The local image, undefined when there is none; never pulls. */
  readonly find: (reference: string, signal?: AbortSignal) => Promise<ImageInfo | undefined>;
  /** How a local image came to be, its newest step first; IMAGE_NOT_FOUND when there is none. */
  readonly history: (reference: string, signal?: AbortSignal) => Promise<readonly ImageStep[]>;
  /**
   * Builds and tags an image. IMAGE_BUILD_FAILED with the end of the log in `details.log`, and in `details` the step and
   * the instruction that failed; DISK_FULL when the engine's disk has no room. A canceled build leaves nothing running.
   */
  readonly build: (spec: BuildSpec, options: BuildOptions) => Promise<BuiltImage>;
  /** Why the processes of a build's steps cannot be bounded, in words; undefined where they can. */
  readonly processObstacle: (signal?: AbortSignal) => Promise<string | undefined>;
  /**
   * Removes nameless images, such as a build leaves as cache, where nothing stands on them any more; those that are
   * needed stay. Absent ones are `gone`, too, but not counted as removed. Bytes are what those that were removed took
   * beside the image below them.
   */
  readonly removeCache: (
    imageIds: readonly string[],
    signal?: AbortSignal,
  ) => Promise<{ readonly gone: readonly string[]; readonly removed: number; readonly freedBytes: number }>;
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
   * A local image as an OCI archive that `docker load` and `podman load` read too, under this reference where it names a
   * tag; what was made of a unit may be read so too. IMAGE_NOT_FOUND when there is none. Whoever stops reading ends it.
   */
  readonly save: (reference: string, signal?: AbortSignal) => AsyncIterable<Uint8Array>;
  /**
   * Loads an archive, as `docker load` takes it, of one image, which is called `reference` in it. IMAGE_ARCHIVE_INVALID
   * when it is none, or its layers are not what its configuration says; DISK_FULL when the engine has no room.
   */
  readonly load: (
    image: { readonly reference: string; readonly tar: AsyncIterable<Uint8Array> },
    signal?: AbortSignal,
  ) => Promise<ImageInfo>;
  /**
   * Takes this reference away, and the image with the last one; absent ones are no error. CONFLICT while a unit, running
   * or not, is made of it.
   */
  readonly remove: (reference: string, signal?: AbortSignal) => Promise<void>;
};
