import type { Readable } from "node:stream";
import { MoorageError } from "../../base/errors.ts";
import type { Encoding } from "../../contracts/types.ts";
import type { Session } from "../invocation.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** All of stdin, as text where it is UTF-8, else as base64. */
export async function readStdin({ io, ui, signal }: Session): Promise<{ text: string; encoding: Encoding }> {
  if (isTerminal(io.stdin)) await ui.note("reading standard input; end it with Ctrl-D.");
  const bytes = await readCapped(io.stdin, signal);
  const text = bytes.toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return { text, encoding: "utf8" };
  return { text: bytes.toString("base64"), encoding: "base64" };
}

async function readCapped(stdin: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const leave = (): void => void stdin.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Uint8Array | string>) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MAX_BYTES) throw tooLarge();
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener("abort", leave);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(): MoorageError {
  return new MoorageError("FILE_TOO_LARGE", "stdin: expected at most 16 MiB (got more).");
}

function isTerminal(stdin: Readable): boolean {
  return "isTTY" in stdin && stdin.isTTY === true;
}
