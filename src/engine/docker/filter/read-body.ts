import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Bytes; the largest body that is judged has Moorage's system call filter in it. */
const MAX_BODY = 4 * 1024 * 1024;

export async function readBody(source: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > MAX_BODY) throw new Error(`a body of more than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The body of a request whose connection is no longer read as HTTP, and what came behind it. */
export async function readHead(
  { headers }: IncomingMessage,
  { client, head }: { readonly client: Duplex; readonly head: Buffer },
): Promise<{ readonly json: string; readonly rest: Buffer }> {
  const length = Number(headers["content-length"] ?? 0);
  if (headers["transfer-encoding"] !== undefined || !(length <= MAX_BODY)) throw new Error("a body without a length");
  let come = head;
  while (come.length < length) {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const closed = (): void => reject(new Error("the connection closed within a body"));
    client.once("data", resolve).once("close", closed);
    come = Buffer.concat([come, await promise]);
    client.pause().off("close", closed);
  }
  return { json: come.subarray(0, length).toString(), rest: come.subarray(length) };
}
