import type { IncomingMessage } from "node:http";
import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { ImageReference } from "../../../base/image-reference.ts";
import type { PushedImage, TransferOptions } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { DistributionReply, ImageReply, type ProgressLine } from "../api/replies.ts";
import { findNamed } from "./find-image.ts";
import { layerProgress } from "./layer-progress.ts";
import { errorOf, readProgress } from "./read-progress.ts";
import { registryError, withRegistryErrors } from "./registry-errors.ts";
import { authHeader } from "./registry-headers.ts";

const ANSWER_MS = 120_000;
const SILENCE_MS = 300_000;
/** How long an engine may take to let go of a push that was given up. */
const LATE_MS = 500;
const LOOK_MS = 20;

/** Sends an image. That the registry denies it, or has broken off, is told by a line of a stream that began well. */
export async function pushImage(
  api: EngineApi,
  reference: ImageReference,
  options: TransferOptions,
): Promise<PushedImage> {
  const { signal, auth } = options;
  refuseDigest(reference);
  await refuseUnasked(api);
  const image = await findNamed(api, reference, signal);
  if (image === undefined) throw new MoorageError("IMAGE_NOT_FOUND", `The engine has no image ${reference.whole}.`);
  const source = await withRegistryErrors({ way: "push", reference, auth }, () =>
    api.stream({
      method: "POST",
      path: `/images/${reference.repository}/push`,
      query: { tag: reference.version },
      headers: authHeader(auth),
      timeoutMs: ANSWER_MS,
      signal,
    }),
  );
  const { digest, pushed, reused } = await readAll(api, source, { reference, options });
  if (digest !== undefined) {
    return { digest, sizeBytes: image.sizeBytes, layersPushed: pushed, layersReused: reused };
  }
  throw new MoorageError("ENGINE_FAILED", `The engine has pushed ${reference.whole} and tells no digest of it.`);
}

type Pushing = { readonly reference: ImageReference; readonly options: TransferOptions };

async function readAll(api: EngineApi, source: IncomingMessage, { reference, options }: Pushing): Promise<Push> {
  const { signal } = options;
  const what = `Pushing the image ${reference.whole}`;
  try {
    return await readPush(readProgress(source, { signal, silenceMs: SILENCE_MS, what }), reference, options);
  } catch (error) {
    if (signal?.aborted === true) await lateDigest(api, reference);
    throw error;
  }
}

/**
 * An engine that is told at the very end of a push that nobody wants it any more notes the registry's digest all the same,
 * a moment later. That goes with the name that was pushed, where it is there before the name goes; else it would stay.
 */
async function lateDigest(api: EngineApi, { whole, repository }: ImageReference): Promise<void> {
  const end = performance.now() + LATE_MS;
  while (performance.now() < end) {
    const image = await api.find({ method: "GET", path: `/images/${whole}/json` }, ImageReply);
    if (image?.RepoDigests?.some((digest) => digest.startsWith(`${repository}@`)) ?? true) return;
    await sleep(LOOK_MS);
  }
}

/** The digest that the registry itself has under a reference. */
export async function confirmImage(
  api: EngineApi,
  reference: ImageReference,
  { auth, signal }: Pick<TransferOptions, "auth" | "signal">,
): Promise<string> {
  await refuseUnasked(api);
  const request = { method: "GET", path: `/distribution/${reference.whole}/json`, headers: authHeader(auth) } as const;
  const { Descriptor } = await withRegistryErrors({ way: "pull", reference, auth }, () =>
    api.json({ ...request, timeoutMs: ANSWER_MS, signal }, DistributionReply),
  );
  return Descriptor.digest;
}

/** Where nobody can tell whether a push has arrived, none is begun. */
async function refuseUnasked(api: EngineApi): Promise<void> {
  const { product, asksRegistries } = await api.traits();
  if (asksRegistries) return;
  const message = `${product} cannot be asked what a registry has, so nobody could confirm a push.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Push by Docker Engine, or by `podman push` without Moorage.",
  });
}

type Push = { readonly digest: string | undefined; readonly pushed: number; readonly reused: number };

async function readPush(
  lines: AsyncIterable<ProgressLine>,
  reference: ImageReference,
  { auth, onProgress }: TransferOptions,
): Promise<Push> {
  const ends = new Map<string, "done" | "there">();
  let digest: string | undefined;
  for await (const line of lines) {
    const words = errorOf(line);
    if (words !== undefined) throw registryError({ way: "push", reference, auth }, words);
    digest = line.aux?.Digest ?? digest;
    const progress = layerProgress(line);
    if (progress === undefined) continue;
    onProgress?.(progress);
    if (progress.status === "done" || progress.status === "there") ends.set(progress.layer, progress.status);
  }
  const pushed = [...ends.values()].filter((end) => end === "done").length;
  return { digest, pushed, reused: ends.size - pushed };
}

function refuseDigest({ whole, version }: ImageReference): void {
  if (!version.includes(":")) return;
  const message = `"${whole}" names content; expected a tag to push to, such as registry.example/app:1.`;
  throw new MoorageError("INVALID_INPUT", message, { hint: "Leave out the part from @ on, and name a tag." });
}
