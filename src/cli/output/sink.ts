import { once } from "node:events";
import type { Writable } from "node:stream";
import { MoorageError } from "../../base/errors.ts";

/** An output stream that is written with back-pressure, and whose reader may leave. */
export type Sink = {
  /** Resolves when more may be written. Rejects when the stream has failed. */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** Resolves when everything was handed over, or can no longer be. */
  readonly flush: () => Promise<void>;
  /** Aborts when nobody reads any more (`| head`) or writing failed. */
  readonly closed: AbortSignal;
};

/** How long a canceled command waits for a reader that has stopped reading. */
const PATIENCE_MS = 200;

/** `canceled` ends a wait on a reader that has stopped reading. */
export function createSink(stream: Writable, name: string, canceled: AbortSignal): Sink {
  const closing = new AbortController();
  const { signal: closed } = closing;
  // These stay: an error may arrive after the last write, and without a listener it would end the process.
  stream.on("error", (error) => closing.abort(error));
  stream.on("close", () => closing.abort(leftError()));
  const wake = AbortSignal.any([closed, canceled]);
  return {
    closed,
    write: async (data) => {
      if (closed.aborted) throw writeFailed(name, closed.reason);
      if (stream.write(data) || canceled.aborted) return;
      await once(stream, "drain", { signal: wake }).catch(() => undefined);
      if (closed.aborted) throw writeFailed(name, closed.reason);
    },
    flush: async () => {
      if (closed.aborted || stream.writableLength === 0) return;
      const written = Promise.withResolvers<void>();
      const giveUp = canceled.aborted ? AbortSignal.any([closed, AbortSignal.timeout(PATIENCE_MS)]) : wake;
      giveUp.addEventListener("abort", () => written.resolve(), { once: true });
      stream.write("", () => written.resolve());
      await written.promise;
    },
  };
}

/** True where the reader has left, which is its right: the command ends without a word. */
export function isBrokenPipe(reason: unknown): boolean {
  return (
    reason instanceof Error && "code" in reason && (reason.code === "EPIPE" || reason.code === "ERR_STREAM_DESTROYED")
  );
}

function leftError(): Error {
  return Object.assign(new Error("it is closed"), { code: "ERR_STREAM_DESTROYED" });
}

function writeFailed(name: string, cause: unknown): MoorageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MoorageError("INTERNAL", `Writing to ${name} failed: ${reason}.`, {
    hint: `Check what ${name} is connected to: a full disk, or a device that takes no data.`,
    cause,
  });
}
