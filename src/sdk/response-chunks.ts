import { reached, type Connection, type FetchAnswer } from "./http.ts";

export type ChunkSource = {
  readonly connection: Connection;
  readonly response: FetchAnswer;
  readonly signal: AbortSignal | undefined;
};

/** The chunks of a response's body, by the reader that every runtime has. Leaving early closes the connection. */
export async function* responseChunks({
  connection,
  response,
  signal,
}: ChunkSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let ended = false;
  try {
    for (;;) {
      const chunk = await reached(connection, signal, () => reader.read());
      if (chunk.value === undefined) break;
      yield chunk.value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}
