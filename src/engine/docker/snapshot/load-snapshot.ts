import { isDeepStrictEqual } from "node:util";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { WholeImageReply } from "../api/replies.ts";
import { errorOf, readProgress } from "../image/read-progress.ts";
import { imageArchive, type PlannedImage } from "./image-archive.ts";

const LOAD_MS = 600_000;
const SILENCE_MS = 300_000;

/** Makes the image on the engine, and looks whether it has become what was planned. */
export async function loadSnapshot(
  api: EngineApi,
  planned: PlannedImage,
  signal: AbortSignal | undefined,
): Promise<WholeImageReply> {
  const { reference, like, layers, workspace } = planned;
  const source = await api.stream({
    method: "POST",
    path: "/images/load",
    query: { quiet: "1" },
    tar: imageArchive(planned),
    timeoutMs: LOAD_MS,
  });
  // Not cut off by the signal: the engine would go on, unseen, and have the image after all.
  for await (const line of readProgress(source, {
    signal: undefined,
    silenceMs: SILENCE_MS,
    what: `Making ${reference}`,
  })) {
    const words = errorOf(line);
    if (words !== undefined) throw new MoorageError("ENGINE_FAILED", `The engine did not make the snapshot: ${words}`);
  }
  throwIfCanceled(signal);
  const made = await api.json({ method: "GET", path: `/images/${reference}/json`, signal }, WholeImageReply);
  const whole = isDeepStrictEqual(made.RootFS.Layers, [...layers, workspace.digest]);
  if (whole && isDeepStrictEqual(made.Config.Env ?? [], like.Config.Env ?? [])) return made;
  throw new MoorageError("ENGINE_FAILED", `The engine made something else of ${reference} than what was sent.`);
}
