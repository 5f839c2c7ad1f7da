import type { ProgramSpec } from "./engine.ts";

type Stdin = NonNullable<ProgramSpec["stdin"]>;

/** What a program reads, in pieces. */
export function stdinChunks(stdin: Stdin): AsyncIterable<Uint8Array> {
  return stdin instanceof Uint8Array ? once(stdin) : stdin;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
