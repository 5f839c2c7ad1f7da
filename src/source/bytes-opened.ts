import type { Opened } from "./entry.ts";

/** A file whose content is in memory. */
export function bytesOpened(bytes: Uint8Array): Opened {
  let at = 0;
  return {
    sizeBytes: bytes.length,
    fill: async (buffer) => {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
