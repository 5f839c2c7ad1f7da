import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { AnswerBody, FetchAnswer, FetchInit, FetchLike } from "../sdk/http.ts";

// An import would make Node look at each of the module's exports, and one of them loads all of its web client.
const { Agent, request } = process.getBuiltinModule("node:http");

export type SocketFetch = Disposable & { readonly fetch: FetchLike };

/**
 * `fetch` over a unix socket, as far as the client asks for it. Node's own takes no socket, and a library that does
 * takes longer to load than all else of a command.
 */
export function createSocketFetch(socketPath: string): SocketFetch {
  const agent = new Agent({ keepAlive: true });
  // Without a server name Node would look whether the host is an IP address, by an expression that takes 10 ms to build.
  const target = { socketPath, agent, servername: "" };
  const open = (url: string, init: FetchInit): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { pathname, search, host } = new URL(url);
    const { method, signal } = init;
    const headers = { ...init.headers, host, ...lengthOf(init.body) };
    const path = `${pathname}${search}`;
    const sent = request({ ...target, method, path, headers, ...(signal === undefined ? {} : { signal }) });
    // The listener stays: what breaks later is told by the answer's stream, not by an uncaught event.
    sent.on("error", reject).on("response", resolve);
    if (typeof init.body === "object") pipeline(chunksOf(init.body), sent).catch(reject);
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
    // Made when it is asked for: short answers are read as text.
    get body() {
      return bodyOf(response);
    },
    text: () => text(response),
    json: async () => JSON.parse(await text(response)) as unknown,
  };
}

// A stream of the web would be read the same way; to load them takes Node longer than most answers take.
function bodyOf(response: IncomingMessage): AnswerBody {
  const chunks: AsyncIterator<Uint8Array, undefined> = response[Symbol.asyncIterator]();
  const cancel = async (): Promise<void> => void response.destroy();
  return { locked: false, cancel, getReader: () => ({ read: () => chunks.next(), cancel }) };
}

function chunksOf(body: ReadableStream<Uint8Array>): Readable {
  return Readable.from(body);
}

// Without it Node sends a DELETE or GET without a body in chunks.
function lengthOf(body: FetchInit["body"]): { readonly "content-length"?: number } {
  return typeof body === "string" ? { "content-length": Buffer.byteLength(body) } : {};
}
