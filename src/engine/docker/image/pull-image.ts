import { formatBytes } from "../../../base/quantities.ts";
import { answerOf, isOwnWords } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { ProgressLine } from "../api/replies.ts";
import type { ImageReference } from "./image-reference.ts";
import { errorOf, readProgress } from "./read-progress.ts";
import { registryError } from "./registry-errors.ts";

const ANSWER_MS = 120_000;
const SILENCE_MS = 300_000;
/** A line of progress at most this often. */
const PROGRESS_MS = 2_000;

type PullOptions = { readonly signal?: AbortSignal; readonly onProgress?: (message: string) => void };

/** Pulls an image. What a registry answers comes as a line of the stream, after a success in the head. */
export async function pullImage(api: EngineApi, reference: ImageReference, options: PullOptions): Promise<void> {
  const { signal } = options;
  const tell = progressTeller(reference.whole, options.onProgress ?? (() => undefined));
  try {
    const query = { fromImage: reference.repository, tag: reference.version };
    const request = { method: "POST", path: "/images/create", query, timeoutMs: ANSWER_MS, signal } as const;
    const source = await api.stream(request);
    const what = `Pulling the image ${reference.whole}`;
    for await (const line of readProgress(source, { signal, silenceMs: SILENCE_MS, what })) {
      const words = errorOf(line);
      if (words !== undefined) throw registryError(reference.whole, words);
      tell(line);
    }
  } catch (error) {
    // The head may refuse as well, in the same words as a line.
    const answer = answerOf(error);
    if (answer !== undefined && isOwnWords(answer)) throw registryError(reference.whole, answer.words);
    throw error;
  }
}

/** Few readable lines out of very many: how much of the layers is here. */
function progressTeller(image: string, onProgress: (message: string) => void): (line: ProgressLine) => void {
  const layers = new Map<string, { current: number; total: number }>();
  let told = performance.now();
  onProgress(`pulling ${image}`);
  return ({ id, status, progressDetail }) => {
    const { current, total } = progressDetail ?? {};
    if (id === undefined || status !== "Downloading" || current === undefined || total === undefined) return;
    layers.set(id, { current, total });
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    const all = [...layers.values()];
    const sum = (key: "current" | "total"): string => formatBytes(all.reduce((bytes, layer) => bytes + layer[key], 0));
    onProgress(`pulling ${image}: ${sum("current")} of ${sum("total")}`);
  };
}
