import { MoorageError } from "../../../base/errors.ts";
import { answerOf, fullDiskError, isOwnWords } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { errorOf, readProgress } from "./read-progress.ts";

/** The whole archive is sent before the engine begins to answer. */
const SENDING_MS = 1_800_000;
const SILENCE_MS = 600_000;

type Loading = { readonly tar: AsyncIterable<Uint8Array>; readonly signal: AbortSignal | undefined };

/** Loads an archive. What the engine does not take of it comes as a line of the stream, after a success in the head. */
export async function loadImage(api: EngineApi, { tar, signal }: Loading): Promise<void> {
  const query = { quiet: "1" };
  try {
    const source = await api.stream({
      ...{ method: "POST", path: "/images/load" },
      ...{ query, tar, timeoutMs: SENDING_MS, signal },
    });
    const reading = { signal, silenceMs: SILENCE_MS, what: "Loading the image" };
    for await (const line of readProgress(source, reading)) {
      const words = errorOf(line);
      if (words !== undefined) throw refused(words);
    }
  } catch (error) {
    const answer = answerOf(error);
    if (answer !== undefined && isOwnWords(answer)) throw refused(answer.words);
    throw error;
  }
}

function refused(words: string): MoorageError {
  const full = fullDiskError("Loading the image", words);
  return full ?? new MoorageError("IMAGE_ARCHIVE_INVALID", `The engine cannot load the archive: ${words}`);
}
