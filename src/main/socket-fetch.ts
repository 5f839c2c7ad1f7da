import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { FetchAnswer, FetchInit, FetchLike } from "../sdk/http.ts";

// An import would make Node look at each of the module's exports, and one of them loads all of its web client.
const { Agent, request } = process.getBuiltinModule("node:http");

export type SocketFetch = Disposable & { readonly fetch: FetchLike };

/**
 * `fetch` over a unix socket, as far as the client asks for it. Node's own takes no socket, and a library that does
 * takes longer to load than all else of a command.
 */
export function createSocketFetch(socketPath: string): SocketFetch {
  const agent = new Agent({ keepAlive: true });
  const open = (url: string, init: FetchInit): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { pathname, search, host } = new URL(url);
    const { method, signal } = init;
    const headers = { ...init.headers, host, ...lengthOf(init.body) };
    const path = `${pathname}${search}`;
    const sent = request({ socketPath, agent, method, path, headers, ...(signal === undefined ? {} : { signal }) });
    // The listener stays: what breaks later is told by the answer's stream, not by an uncaught event.
    sent.on("error", reject).on("response", resolve);
    if (init.body instanceof ReadableStream) pipeline(chunksOf(init.body), sent).catch(reject);
    else sent.end(init.body);
    return promise;
  };
  return {
    fetch: async (url, init) => answerOf(await open(url, init)),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function answerOf(response: IncomingMessage): FetchAnswer {
  const status = response.statusCode ?? 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => response.headersDistinct[name]?.[0] ?? null },
    // Made when it is asked for: a stream reads ahead, and short answers are read as text.
    get body() {
      return webStream(response);
    },
    text: () => text(response),
    json: async () => JSON.parse(await text(response)) as unknown,
  };
}

function webStream(response: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      pull: async (controller) => {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: () => void response.destroy(),
    },
    { highWaterMark: 0 },
  );
}

function chunksOf(body: ReadableStream<Uint8Array>): Readable {
  return Readable.from(body);
}

// Without it Node sends a DELETE or GET without a body in chunks.
function lengthOf(body: FetchInit["body"]): { readonly "content-length"?: number } {
  return typeof body === "string" ? { "content-length": Buffer.byteLength(body) } : {};
}
