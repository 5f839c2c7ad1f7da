import type { z } from "zod";
import { canceled, deadlineSignal } from "../base/deadline.ts";
import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { Surroundings } from "./surroundings.ts";

export type TokenRequest = {
  readonly url: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Who is asked, for messages, such as "Amazon ECR". */
  readonly server: string;
  /** The short word for the reason in a refusal's body. It is shown, so it is never a secret. */
  readonly reason: (body: string) => string | undefined;
};

const MAX_ANSWER_BYTES = 256 * 1024;
const WORD = /^[A-Za-z0-9_.-]{1,80}$/;

/** Asks a cloud for a token. REGISTRY_DENIED when it refuses, IMAGE_UNAVAILABLE when it does not answer as it should. */
export async function requestToken<T>(
  request: TokenRequest,
  schema: z.ZodType<T>,
  { patienceMs, signal }: Pick<Surroundings, "patienceMs" | "signal">,
): Promise<T> {
  const { server } = request;
  const deadline = deadlineSignal(patienceMs, signal);
  const { status, body } = await answerTo(request, deadline).catch((error: unknown) => {
    if (signal?.aborted === true) throw canceled(signal.reason);
    if (isMoorageError(error)) throw error;
    const why = deadline.aborted ? `within ${patienceMs} ms` : `(${systemCode(error) ?? "no answer"})`;
    throw unavailable(`${server} did not answer a request for a token ${why}.`, error);
  });
  if (status >= 400 && status < 500 && status !== 429) {
    const word = request.reason(body);
    const told = word !== undefined && WORD.test(word) ? `, ${word}` : "";
    throw new MoorageError("REGISTRY_DENIED", `${server} refuses the credentials (status ${status}${told}).`);
  }
  if (status !== 200) throw unavailable(`${server} answered a request for a token with status ${status}.`);
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    // What was read may hold the token: it is no cause to be logged.
    throw unavailable(`${server} answered a request for a token with something else.`);
  }
}

async function answerTo(
  { url, headers, body, server }: TokenRequest,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  // A redirect would carry the credentials to somebody else.
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const parts: AsyncIterable<Uint8Array> | Iterable<never> = response.body ?? [];
  for await (const chunk of parts) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES)
      throw unavailable(`${server} answered a request for a token with over ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks).toString() };
}

function unavailable(message: string, cause?: unknown): MoorageError {
  return new MoorageError("IMAGE_UNAVAILABLE", message, {
    hint: "Check the network of the machine that Moorage runs on, and try again.",
    cause,
  });
}

/** What the system says of a connection; `fetch` hides it in a cause. */
function systemCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}

/** A member of a JSON object that is text. */
export function textMember(body: string, name: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const value: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, name) : undefined;
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
