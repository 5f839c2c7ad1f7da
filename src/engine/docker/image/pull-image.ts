import type { ImageReference } from "../../../base/image-reference.ts";
import type { TransferOptions } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { layerProgress } from "./layer-progress.ts";
import { errorOf, readProgress } from "./read-progress.ts";
import { registryError, withRegistryErrors } from "./registry-errors.ts";
import { authHeader } from "./registry-headers.ts";

const ANSWER_MS = 120_000;
const SILENCE_MS = 300_000;

type PullOptions = TransferOptions & { readonly platform?: string | undefined };

const DIGEST = /^Digest: (sha256:[0-9a-f]{64})$/;

/**
 * Pulls an image, and answers the registry's digest of it where the engine tells it. What a registry answers comes as a
 * line of the stream, after a success in the head.
 */
export async function pullImage(
  api: EngineApi,
  reference: ImageReference,
  options: PullOptions,
): Promise<string | undefined> {
  const { signal, auth, platform, onProgress } = options;
  const transfer = { way: "pull", reference, auth } as const;
  const source = await withRegistryErrors(transfer, () =>
    api.stream({
      method: "POST",
      path: "/images/create",
      query: { fromImage: reference.repository, tag: reference.version, platform },
      headers: authHeader(auth),
      timeoutMs: ANSWER_MS,
      signal,
    }),
  );
  let digest: string | undefined;
  const what = `Pulling the image ${reference.whole}`;
  for await (const line of readProgress(source, { signal, silenceMs: SILENCE_MS, what })) {
    const words = errorOf(line);
    if (words !== undefined) throw registryError(transfer, words);
    digest = DIGEST.exec(line.status ?? "")?.[1] ?? digest;
    const progress = layerProgress(line);
    if (progress !== undefined) onProgress?.(progress);
  }
  return digest;
}
