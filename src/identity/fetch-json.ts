import { deadlineSignal } from "../base/deadline.ts";

const PATIENCE_MS = 5000;
const MAX_BYTES = 256 * 1024;

/** Why an issuer's document could not be had; the message names the address, what was expected and what came. */
export class Unavailable extends Error {}

/** A JSON document of an issuer. */
export async function fetchJson(url: string, patienceMs = PATIENCE_MS): Promise<unknown> {
  const { body } = await ask(url, { patienceMs, statuses: [200] });
  return body;
}

export type Form = {
  readonly fields: Readonly<Record<string, string>>;
  /** The header `authorization`; undefined: none. */
  readonly authorization: string | undefined;
};

/** What an issuer answers to a form: 200, or 400 and 401 where it refuses what the form asks for. */
export function postForm(url: string, form: Form): Promise<Answer> {
  return ask(url, { patienceMs: PATIENCE_MS, statuses: [200, 400, 401], form });
}

export type Answer = { readonly status: number; readonly body: unknown };

type Question = { readonly patienceMs: number; readonly statuses: readonly number[]; readonly form?: Form };

async function ask(url: string, { patienceMs, statuses, form }: Question): Promise<Answer> {
  const signal = deadlineSignal(patienceMs);
  const answered = await fetchText(url, { signal, statuses, form }).catch((cause: unknown) => {
    if (cause instanceof Unavailable) throw cause;
    const why = signal.aborted ? `within ${patienceMs} ms` : `(${codeOf(cause)})`;
    throw new Unavailable(`${url} does not answer ${why}`, { cause });
  });
  try {
    return { status: answered.status, body: JSON.parse(answered.text) };
  } catch (cause) {
    throw new Unavailable(`${url} answers with something that is no JSON`, { cause });
  }
}

type Sent = { readonly signal: AbortSignal; readonly statuses: readonly number[]; readonly form: Form | undefined };

async function fetchText(url: string, { signal, statuses, form }: Sent): Promise<{ status: number; text: string }> {
  const headers = { accept: "application/json", ...authorizationOf(form) };
  const method = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form.fields) };
  // Followed, a redirect could lead to keys of somebody else, or into this network.
  const { status, body } = await fetch(url, { ...method, headers, redirect: "manual", signal });
  if (!statuses.includes(status)) {
    await body?.cancel();
    throw new Unavailable(`${url} answers with status ${status}, expected ${statuses.join(" or ")}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const parts: AsyncIterable<Uint8Array> | Iterable<never> = body ?? [];
  for await (const chunk of parts) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Unavailable(`${url} answers with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status, text: Buffer.concat(chunks).toString("utf8") };
}

function authorizationOf(form: Form | undefined): Readonly<Record<string, string>> {
  return form?.authorization === undefined ? {} : { authorization: form.authorization };
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
}
