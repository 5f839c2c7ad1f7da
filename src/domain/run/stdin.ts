import type { Encoding } from "../../contracts/types.ts";
import { decodeContent } from "../file/files.ts";

type Input = { readonly stdin?: string | undefined; readonly stdinEncoding?: Encoding | undefined };

/** What the program reads; undefined when stdin is at its end from the start. */
export function stdinOf(input: Input): AsyncIterable<Uint8Array> | undefined {
  if (input.stdin === undefined) return undefined;
  return once(decodeContent(input.stdin, input.stdinEncoding));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
