import type { ArchiveInput, RawOperations } from "../contracts/raw.ts";
import { send, type Connection } from "./http.ts";
import { fillPath, queryOf } from "./request-target.ts";
import { responseChunks } from "./response-chunks.ts";

const ARCHIVE_PATH = "/v1/sandboxes/{id}/archive";
const TAR = "application/x-tar";

/** The operations that carry bytes. */
export function rawOperations(connection: Connection): RawOperations {
  return {
    download: async function* (input, { signal } = {}) {
      const response = await send(connection, { method: "GET", target: archiveTarget(input), signal });
      yield* responseChunks({ connection, response, signal });
    },
    upload: async (input, tar, { signal } = {}) => {
      const headers = { "content-type": TAR };
      await send(connection, { method: "PUT", target: archiveTarget(input), headers, body: bodyOf(tar), signal });
    },
  };
}

function archiveTarget({ id, path: inside }: ArchiveInput): string {
  const { path, rest } = fillPath(ARCHIVE_PATH, { id, path: inside });
  return `${path}${queryOf(rest)}`;
}

// ReadableStream.from would do, but not every browser has it.
function bodyOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      pull: async (controller) => {
        const result: IteratorResult<Uint8Array, unknown> = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      cancel: async () => {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
