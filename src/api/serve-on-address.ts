import type { Server } from "node:http";
import { MoorageError } from "../base/errors.ts";
import { serveHttp, type HttpServerParts } from "./http-server.ts";

/** `port` 0: a free one. */
export type Address = { readonly host: string; readonly port: number };

export type AddressServer = AsyncDisposable & { readonly url: string };

/**
 * Serves the app on a TCP address.
 * @throws CONFLICT when somebody listens there, INVALID_INPUT when this machine has no such address.
 */
export async function serveOnAddress({
  address,
  ...parts
}: HttpServerParts & { readonly address: Address }): Promise<AddressServer> {
  const server = await serveHttp(parts, async (http) => {
    await listen(http, address);
    // Its connections are closed by the server itself.
    return { place: urlOf(http, address), [Symbol.asyncDispose]: () => Promise.resolve() };
  });
  return Object.assign(server, { url: server.place });
}

async function listen(server: Server, { host, port }: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host, port, exclusive: true }, resolve);
  try {
    await promise;
  } catch (error) {
    throw notListening(error, `${host}:${port}`);
  }
  server.off("error", reject);
}

function notListening(cause: unknown, shown: string): MoorageError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new MoorageError("CONFLICT", `Something is listening at ${shown} already.`, {
      hint: "Name another address with --listen, such as 127.0.0.1:7071, or `--listen none` for the sockets alone.",
      cause,
    });
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    const why = code === "EACCES" ? "it needs more rights" : "this machine has no such address";
    return new MoorageError("INVALID_INPUT", `The server cannot listen at ${shown}: ${why}.`, {
      hint: "Name an address of this machine and a port from 1024 on, such as 127.0.0.1:7070.",
      cause,
    });
  }
  return new MoorageError("INTERNAL", `The server cannot listen at ${shown}.`, { cause });
}

function urlOf(server: Server, { host }: Address): string {
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
