import { serveHttp, type HttpServerParts } from "./http-server.ts";
import { listenAt } from "./socket-file.ts";

export type SocketServerParts = HttpServerParts & {
  /** File name of the socket; its directory is there. */
  readonly path: string;
  /** Who may connect, beside its directory's own rule: the user alone, or whoever gets there. @default "user" */
  readonly openTo?: "user" | "all";
};

export type SocketServer = AsyncDisposable & { readonly path: string };

/**
 * Serves the app on a unix socket, and on nothing else.
 * @throws CONFLICT when a server is listening there already.
 */
export async function serveOnSocket({ path, openTo = "user", ...parts }: SocketServerParts): Promise<SocketServer> {
  const server = await serveHttp(parts, async (http) => {
    const file = await listenAt(http, { path, mode: openTo === "user" ? 0o600 : 0o666 });
    return Object.assign(file, { place: path });
  });
  return Object.assign(server, { path });
}
