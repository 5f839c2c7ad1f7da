import type { IncomingMessage } from "node:http";
import { canceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { ProgressLine } from "../api/replies.ts";

export type ProgressOptions = {
  readonly signal: AbortSignal | undefined;
  /** How long the engine may say nothing. */
  readonly silenceMs: number;
  /** What is going on, for messages. */
  readonly what: string;
};

/** The lines of a pull or a build, for as long as the engine goes on telling. Leaving it early ends the work. */
export async function* readProgress(
  source: IncomingMessage,
  { signal, silenceMs, what }: ProgressOptions,
): AsyncGenerator<ProgressLine, void, undefined> {
  const cut = (): void => void source.destroy(new Error("canceled", { cause: signal?.reason }));
  signal?.addEventListener("abort", cut, { once: true });
  let silent = false;
  source.setTimeout(silenceMs, () => {
    silent = true;
    source.destroy(new Error("silence"));
  });
  try {
    yield* readJsonLines(source, ProgressLine);
  } catch (error) {
    if (isMoorageError(error)) throw error;
    if (signal?.aborted === true) throw canceled(signal.reason);
    if (silent) {
      const message = `${what} made no progress for ${silenceMs} ms.`;
      throw new MoorageError("ENGINE_TIMEOUT", message, { details: { timeoutMs: silenceMs }, cause: error });
    }
    throw new MoorageError("ENGINE_FAILED", `${what} broke off.`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", cut);
    source.destroy();
  }
}

/** The error that a line tells, if it tells one. */
export function errorOf(line: ProgressLine): string | undefined {
  return line.errorDetail?.message ?? line.error;
}
