import type { IncomingMessage } from "node:http";

/** So little in that time is what no honest client sends. */
const LEAST_BYTES = 1024;

/**
 * Calls `tooSlow` when a body makes no progress in a period while it is waited for. A body that is not read here, because
 * what it goes to is slow, is not its sender's fault.
 */
export function watchBody(incoming: IncomingMessage, periodMs: number, tooSlow: () => void): void {
  const { headers, socket } = incoming;
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  if (!hasBody || incoming.complete) return;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    const { complete, readableLength, readableHighWaterMark, destroyed } = incoming;
    if (complete || destroyed) return clearInterval(timer);
    const progress = socket.bytesRead - before;
    before = socket.bytesRead;
    if (readableLength >= readableHighWaterMark || progress >= LEAST_BYTES) return;
    clearInterval(timer);
    tooSlow();
  }, periodMs);
  timer.unref();
}
