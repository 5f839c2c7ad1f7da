import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { readHelloName } from "./client-hello.ts";
import { Refused } from "./decision.ts";
import type { Gate } from "./gate.ts";
import type { Destination } from "./reach.ts";

const HELLO_MS = 15_000;
const MAX_HELLO_BYTES = 64 * 1024;
/** A fatal alert, `unrecognized_name`: clients say what it is about. */
const NAME_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

export type Connect = { readonly request: IncomingMessage; readonly client: Duplex; readonly head: Buffer };

/**
 * Answers CONNECT. What the client sends first has to be a TLS hello for the very host that was asked for: else an
 * allowed host would do as a cover for any other one that shares its address.
 */
export async function openTunnel(gate: Gate, { request, client, head }: Connect): Promise<void> {
  // A client that leaves breaks the pipe; what is left of the tunnel is taken down with it.
  client.on("error", () => client.destroy());
  let established = false;
  await gate.pass(
    targetOf(request.url ?? ""),
    async (destination, connect) => {
      const upstream = await connect();
      try {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        established = true;
        upstream.write(await firstHello(client, head, destination));
      } catch (error) {
        upstream.destroy();
        throw error;
      }
      join(client, upstream);
      return upstream;
    },
    (refused) => {
      if (established) client.end(NAME_ALERT);
      else client.end(answer(refused));
    },
  );
}

function targetOf(target: string): Destination {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(target) ?? [];
  return { host, port: Number(port) };
}

/** The bytes of the hello, and what came with them. */
async function firstHello(client: Duplex, head: Buffer, { host }: Destination): Promise<Buffer> {
  const bytes = await helloBytes(client, head);
  const hello = readHelloName(bytes);
  if (hello.state === "unnamed") throw new Refused(403, `the TLS hello to ${host} has no server name`);
  if (hello.state !== "named") throw new Refused(403, `what is sent to ${host} is not TLS`);
  const name = hello.name.toLowerCase();
  if (name !== host) throw new Refused(403, `the TLS server name is ${name}, not ${host}`);
  return bytes;
}

function helloBytes(client: Duplex, head: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let bytes = head;
  const settle = (work: () => void): void => {
    clearTimeout(timer);
    client.off("data", onData).off("close", onClose);
    client.pause();
    work();
  };
  const onClose = (): void => settle(() => reject(new Refused(502, "the client left before it sent anything")));
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (readHelloName(bytes).state !== "incomplete" || bytes.length > MAX_HELLO_BYTES) settle(() => resolve(bytes));
  };
  const timer = setTimeout(() => settle(() => reject(new Refused(403, "no TLS hello came in time"))), HELLO_MS);
  client.on("close", onClose).on("data", onData);
  onData(Buffer.alloc(0));
  return promise;
}

/** Carries bytes both ways, as fast as the slower side takes them. */
function join(client: Duplex, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => {
      if (!one.readableEnded) other.destroy();
    });
  }
}

function answer({ status, message }: Refused): string {
  const text = `Moorage: ${message}.\n`;
  const reason = status === 403 ? "Forbidden" : status === 400 ? "Bad Request" : "Bad Gateway";
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(text)}`,
    "connection: close",
    "",
    text,
  ].join("\r\n");
}
