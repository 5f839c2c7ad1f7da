import { deadlineSignal } from "../base/deadline.ts";

const PATIENCE_MS = 5000;
const MAX_BYTES = 256 * 1024;

/** Why an issuer's document could not be had; the message names the address, what was expected and what came. */
export class Unavailable extends Error {}

/** A JSON document of an issuer. */
export async function fetchJson(url: string, patienceMs = PATIENCE_MS): Promise<unknown> {
  const signal = deadlineSignal(patienceMs);
  const text = await fetchText(url, signal).catch((cause: unknown) => {
    if (cause instanceof Unavailable) throw cause;
    const why = signal.aborted ? `within ${patienceMs} ms` : `(${codeOf(cause)})`;
    throw new Unavailable(`${url} does not answer ${why}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Unavailable(`${url} answers with something that is no JSON`, { cause });
  }
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  // Followed, a redirect could lead to keys of somebody else, or into this network.
  const init = { headers: { accept: "application/json" }, redirect: "manual", signal } as const;
  const { status, body } = await fetch(url, init);
  if (status !== 200) {
    await body?.cancel();
    throw new Unavailable(`${url} answers with status ${status}, expected 200`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const parts: AsyncIterable<Uint8Array> | Iterable<never> = body ?? [];
  for await (const chunk of parts) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Unavailable(`${url} answers with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
}
