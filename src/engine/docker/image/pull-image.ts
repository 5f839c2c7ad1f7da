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

/** Pulls an image. What a registry answers comes as a line of the stream, after a success in the head. */
export async function pullImage(api: EngineApi, reference: ImageReference, options: PullOptions): Promise<void> {
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
  const what = `Pulling the image ${reference.whole}`;
  for await (const line of readProgress(source, { signal, silenceMs: SILENCE_MS, what })) {
    const words = errorOf(line);
    if (words !== undefined) throw registryError(transfer, words);
    const progress = layerProgress(line);
    if (progress !== undefined) onProgress?.(progress);
  }
}
