import { MoorageError } from "../base/errors.ts";
import type { CallOptions } from "../contracts/call-options.ts";
import type { ArchiveInput, FilePart, RawOperations, ReadInput } from "../contracts/raw.ts";
import type { StagedContext } from "../contracts/types.ts";
import type { Image } from "../contracts/types.ts";
import { reached, send, type Connection } from "./http.ts";
import { fillPath, queryOf } from "./request-target.ts";
import { responseChunks } from "./response-chunks.ts";

const ARCHIVE_PATH = "/v1/sandboxes/{id}/archive";
const IMAGE_ARCHIVE_PATH = "/v1/image/archive";
const CONTENT_PATH = "/v1/sandboxes/{id}/content";
const CONTEXTS_PATH = "/v1/contexts";
const OCTETS = "application/octet-stream";
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
    stage: async (input, tar, { signal } = {}) => {
      const headers = { "content-type": TAR };
      const target = targetOf(CONTEXTS_PATH, input);
      const response = await send(connection, { method: "PUT", target, headers, body: bodyOf(tar), signal });
      return reached(connection, signal, async () => (await response.json()) as StagedContext);
    },
    read: (input, options = {}) => openPart(connection, input, options),
    write: async (input, content, { signal } = {}) => {
      const headers = { "content-type": OCTETS };
      const target = targetOf(CONTENT_PATH, input);
      const response = await send(connection, { method: "PUT", target, headers, body: bodyOf(content), signal });
      return reached(connection, signal, async () => (await response.json()) as { path: string; sizeBytes: number });
    },
    exportImage: async function* (input, { signal } = {}) {
      const target = targetOf(IMAGE_ARCHIVE_PATH, input);
      const response = await send(connection, { method: "GET", target, signal });
      yield* responseChunks({ connection, response, signal });
    },
    importImage: async (input, archive, { signal } = {}) => {
      const headers = { "content-type": TAR };
      const target = targetOf(IMAGE_ARCHIVE_PATH, input);
      const response = await send(connection, { method: "PUT", target, headers, body: bodyOf(archive), signal });
      return reached(connection, signal, async () => (await response.json()) as Image);
    },
  };
}

async function openPart(connection: Connection, input: ReadInput, { signal }: CallOptions): Promise<FilePart> {
  const { id, path, offset = 0, length } = input;
  const range = rangeOf(offset, length);
  const headers = range === undefined ? {} : { range };
  const target = targetOf(CONTENT_PATH, { id, path });
  const response = await send(connection, { method: "GET", target, headers, signal });
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "") ?? [];
  const whole = Number(response.headers.get("content-length") ?? Number.NaN);
  const content = responseChunks({ connection, response, signal });
  return {
    sizeBytes: size === undefined ? whole : Number(size),
    offset: first === undefined ? 0 : Number(first),
    length: first === undefined || last === undefined ? whole : Number(last) - Number(first) + 1,
    content,
    [Symbol.asyncDispose]: async () => {
      await content.return();
      // Where it was not begun to be read, nobody else lets go of it.
      if (response.body?.locked === false) await response.body.cancel();
    },
  };
}

function rangeOf(offset: number, length: number | undefined): string | undefined {
  for (const [name, value] of [
    ["offset", offset],
    ["length", length ?? 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || (name === "length" && value < 1)) {
      throw new MoorageError("INVALID_INPUT", `${name}: expected a whole number of bytes (got ${value}).`);
    }
  }
  if (offset < 0 && length !== undefined) {
    throw new MoorageError("INVALID_INPUT", "length: expected none with an offset that counts from the end.");
  }
  if (offset < 0) return `bytes=${offset}`;
  if (length !== undefined) return `bytes=${offset}-${offset + length - 1}`;
  return offset === 0 ? undefined : `bytes=${offset}-`;
}

function archiveTarget(input: ArchiveInput): string {
  return targetOf(ARCHIVE_PATH, input);
}

function targetOf(pattern: string, input: Readonly<Record<string, unknown>>): string {
  const { path, rest } = fillPath(pattern, input);
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
