import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { isoTime } from "../../base/clock.ts";
import { canonicalJson } from "../../base/canonical-json.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { createSharedWork } from "../../base/shared-work.ts";
import type { Engine, ImageInfo, ImageStore } from "../../engine/engine.ts";
import type { Call, DomainContext } from "../context.ts";
import { installError } from "./install-error.ts";
import { checkPackages, installDockerfile, managerOf, type PackageManagerName } from "./installers.ts";

const REPOSITORY = "moorage-dependencies";
const INSTALL_MS = 600_000;

export type Dependencies = { readonly manager: PackageManagerName; readonly packages: readonly string[] };

type Asked = {
  readonly dependencies?: readonly string[] | undefined;
  readonly packageManager?: PackageManagerName | undefined;
};

/** What is to be installed; undefined for nothing. Refused here is what no manager would take. */
export function planDependencies(image: string | undefined, asked: Asked): Dependencies | undefined {
  if (asked.dependencies === undefined) {
    if (asked.packageManager === undefined) return undefined;
    throw new MoorageError(
      "INVALID_INPUT",
      `packageManager is "${asked.packageManager}", but there are no dependencies.`,
    );
  }
  if (image === undefined) {
    throw new MoorageError(
      "ENGINE_UNSUPPORTED",
      "Dependencies are installed into an image, and this engine has none.",
      {
        hint: "Use --engine docker, or copy what the program needs into the workspace.",
      },
    );
  }
  const manager = managerOf(image, asked.packageManager);
  const packages = [...new Set(asked.dependencies)].toSorted();
  checkPackages(manager, packages);
  return { manager, packages };
}

// Of one engine in this process; two processes may both build, and the later tag then counts for both.
const BUILDS = new WeakMap<Engine, ReturnType<typeof createSharedWork<ImageInfo>>>();

/**
 * The image with the packages on top of `base`, built once and then taken from the cache. The key is what decides the
 * content: the base's digest, the manager and the sorted list.
 * @throws DEPENDENCY_FAILED with the installer's own last words.
 */
export async function dependencyImage(
  { context, signal }: Call,
  base: ImageInfo,
  wanted: Dependencies,
): Promise<ImageInfo> {
  const { engine, store, clock } = context;
  const { images } = engine;
  if (images === undefined) throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no images.`);
  const tag = tagOf(base, wanted);
  const cached = await cachedImage(context, images, tag);
  if (cached !== undefined) {
    await store.images.use(tag, isoTime(clock.now()));
    return cached;
  }
  const shared = BUILDS.get(engine) ?? createSharedWork<ImageInfo>();
  BUILDS.set(engine, shared);
  // Looked at once more: who came just before may have ended meanwhile.
  return shared(
    tag,
    signal,
    async (building) =>
      (await cachedImage(context, images, tag)) ?? build({ context, images, tag, base, wanted }, building),
  );
}

function tagOf(base: ImageInfo, { manager, packages }: Dependencies): string {
  const key = sha256(canonicalJson({ base: base.digest, manager, packages }));
  return `${REPOSITORY}:${key.slice(7, 39)}`;
}

// A tag can be moved by anybody who may build: only the content that was built here counts.
async function cachedImage(context: DomainContext, images: ImageStore, tag: string): Promise<ImageInfo | undefined> {
  const [row, found] = await Promise.all([context.store.images.find(tag), images.find(tag)]);
  return found !== undefined && row?.digest === found.digest ? found : undefined;
}

type Build = {
  readonly context: DomainContext;
  readonly images: ImageStore;
  readonly tag: string;
  readonly base: ImageInfo;
  readonly wanted: Dependencies;
};

async function build({ context, images, tag, base, wanted }: Build, signal: AbortSignal): Promise<ImageInfo> {
  const { store, clock, engine, logger } = context;
  const dockerfile = installDockerfile(base, wanted.manager, wanted.packages);
  const labels = { "dev.moorage.image": "dependencies" };
  const deadline = deadlineSignal(INSTALL_MS, signal);
  try {
    const image = await images.build(
      { tag, context: dockerfileAlone(dockerfile), labels, network: "open" },
      { signal: deadline },
    );
    const now = isoTime(clock.now());
    const row = {
      reference: tag,
      engine: engine.name,
      kind: "dependencies",
      owner: null,
      digest: image.digest,
    } as const;
    await store.images.put({ ...row, sizeBytes: image.sizeBytes, createdAt: now, usedAt: now });
    logger.info({ operation: "dependencies.install", image: tag, ...wanted }, "dependencies installed");
    return image;
  } catch (error) {
    if (deadline.aborted && !signal.aborted) throw tooSlow(wanted, error);
    if (isMoorageError(error) && error.code === "IMAGE_BUILD_FAILED") throw installError(error, wanted);
    throw error;
  }
}

function tooSlow({ manager, packages }: Dependencies, cause: unknown): MoorageError {
  const message = `${manager} did not install ${packages.join(", ")} within ${INSTALL_MS / 1000} s.`;
  return new MoorageError("DEPENDENCY_FAILED", message, {
    hint: "Ask for less at once, or build an image of your own.",
    cause,
  });
}
