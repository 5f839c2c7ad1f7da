import { stat } from "node:fs/promises";
import type { Platform } from "../contracts/platform.ts";
import { createClient } from "../sdk/client.ts";
import type { FetchLike } from "../sdk/http.ts";
import { createSocketFetch } from "./socket-fetch.ts";

const PROBE_MS = 1000;
const UNIX = "unix://";
/** Any host name does: the address is the socket. */
const SOCKET_URL = "http://moorage.localhost";
/** Whoever types a command sees at once what is wrong, and repeats it. */
const AT_ONCE = { retries: 0 };

export type RemotePlatform = Platform & AsyncDisposable;

/** The server that listens on this socket; undefined when none does. */
export async function openSocketPlatform(path: string): Promise<RemotePlatform | undefined> {
  if (!(await isSocket(path))) return undefined;
  const client = createSocketFetch(path);
  if (!(await answers(client.fetch))) {
    client[Symbol.dispose]();
    return undefined;
  }
  const dispose = async (): Promise<void> => client[Symbol.dispose]();
  const platform = createClient({ ...AT_ONCE, baseUrl: SOCKET_URL, fetch: client.fetch });
  return Object.assign(platform, { [Symbol.asyncDispose]: dispose });
}

/** A server elsewhere, or one's socket by its `unix://` address. */
export function openUrlPlatform(baseUrl: string, key: string | undefined): RemotePlatform {
  const shown = key === undefined ? {} : { key };
  if (baseUrl.startsWith(UNIX)) {
    const { fetch, [Symbol.dispose]: close } = createSocketFetch(baseUrl.slice(UNIX.length));
    const client = createClient({ ...AT_ONCE, baseUrl: SOCKET_URL, fetch, ...shown });
    return Object.assign(client, { [Symbol.asyncDispose]: async () => close() });
  }
  const client = createClient({ ...AT_ONCE, baseUrl, ...shown });
  return Object.assign(client, { [Symbol.asyncDispose]: () => Promise.resolve() });
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))) return false;
    throw error;
  }
}

async function answers(fetch: FetchLike): Promise<boolean> {
  try {
    const response = await fetch(`${SOCKET_URL}/healthz`, {
      method: "GET",
      headers: {},
      signal: AbortSignal.timeout(PROBE_MS),
    });
    await response.text();
    return response.ok;
  } catch (error) {
    // A socket file that nobody listens on any more.
    if (error instanceof Error) return false;
    throw error;
  }
}
