import { isUtf8 } from "node:buffer";
import type { Encoding } from "../../contracts/types.ts";

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type TextChunk = { readonly data: string; readonly encoding: Encoding };

/**
 * Cuts the bytes of a stream where a character ends: one that is split between two chunks is held back until it is
 * whole, so that every piece can be shown by itself.
 */
export class WholeCharacters {
  #pending: Uint8Array = new Uint8Array();

  next(bytes: Uint8Array): Uint8Array {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const whole = all.length - incompleteTail(all);
    this.#pending = Uint8Array.from(all.subarray(whole));
    return all.subarray(0, whole);
  }

  /** What is left at the end of the stream. */
  end(): Uint8Array {
    const rest = this.#pending;
    this.#pending = new Uint8Array();
    return rest;
  }
}

/** The text of a record: `text` with U+FFFD for what is no UTF-8, and then the exact bytes as base64 too. */
export function recordText(bytes: Uint8Array): { readonly text: string; readonly base64?: string } {
  if (isUtf8(bytes)) return { text: STRICT.decode(bytes) };
  return { text: new TextDecoder().decode(bytes), base64: Buffer.from(bytes).toString("base64") };
}

/** Bytes as text: UTF-8 where they are text, base64 where they are not, or hold a NUL, which JSON writes six times as long. */
export function textChunk(bytes: Uint8Array): TextChunk {
  if (bytes.includes(0) || !isUtf8(bytes)) return { data: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  return { data: STRICT.decode(bytes), encoding: "utf8" };
}

/** How many bytes at the end begin a character that is not complete; 0 to 3. */
function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}
