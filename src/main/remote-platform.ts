import { stat } from "node:fs/promises";
import type { Platform } from "../contracts/platform.ts";
import { createClient, type ClientOptions } from "../sdk/client.ts";

const PROBE_MS = 1000;
/** Any host name does: the address is the socket. */
const SOCKET_URL = "http://moorage.localhost";

export type RemotePlatform = Platform & AsyncDisposable;

/** The server that listens on this socket; undefined when none does. */
export async function openSocketPlatform(path: string): Promise<RemotePlatform | undefined> {
  if (!(await isSocket(path))) return undefined;
  // Loaded late: most commands meet no server, and it takes longer to load than all else.
  const { Agent, fetch: undiciFetch } = await import("undici");
  const agent = new Agent({ connect: { socketPath: path }, headersTimeout: 0, bodyTimeout: 0 });
  const fetch: Fetch = (url, init) => undiciFetch(url, { ...init, dispatcher: agent });
  if (!(await answers(fetch))) {
    await agent.close();
    return undefined;
  }
  return Object.assign(createClient({ baseUrl: SOCKET_URL, fetch }), { [Symbol.asyncDispose]: () => agent.close() });
}

type Fetch = NonNullable<ClientOptions["fetch"]>;

/** A server elsewhere. */
export function openUrlPlatform(baseUrl: string, key: string | undefined): RemotePlatform {
  const client = createClient({ baseUrl, ...(key === undefined ? {} : { key }) });
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

async function answers(fetch: Fetch): Promise<boolean> {
  try {
    const response = await fetch(`${SOCKET_URL}/healthz`, {
      method: "GET",
      headers: {},
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return response.ok;
  } catch (error) {
    // A socket file that nobody listens on any more.
    if (error instanceof Error) return false;
    throw error;
  }
}
