import { canceled } from "../base/deadline.ts";
import { fromWireError, isMoorageError, MoorageError } from "../base/errors.ts";
import { repeated, retryAfterMs, type RetryPolicy } from "./retry.ts";

/** What the SDK needs of `fetch`; the global one has it, and so have others. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export type FetchInit = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | ReadableStream<Uint8Array>;
  /** Set where the body is a stream: it is sent before the answer is read. */
  readonly duplex?: "half";
  readonly signal?: AbortSignal;
};

/** What is read of a `ReadableStream`. */
export type AnswerBody = {
  readonly locked: boolean;
  readonly getReader: () => {
    readonly read: () => Promise<{ readonly value?: Uint8Array | undefined }>;
    readonly cancel: () => Promise<void>;
  };
  readonly cancel: () => Promise<void>;
};

export type FetchAnswer = {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly body: AnswerBody | null;
  readonly text: () => Promise<string>;
  readonly json: () => Promise<unknown>;
};

export type Connection = {
  readonly baseUrl: string;
  readonly fetch: FetchLike;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy;
};

export type HttpCall = {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  /** Whether it carries a key by which the server does it once. @default false */
  readonly keyed?: boolean;
  readonly onReplayed?: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
};

/** What a server takes as a request's head, less some for its headers. */
const MAX_TARGET_CHARACTERS = 60_000;

/**
 * The answer of a request that the server accepted, its body not yet read: from there on nothing is repeated. Rejects
 * with the error that the server tells.
 */
export function send(connection: Connection, call: HttpCall): Promise<FetchAnswer> {
  return repeated({ ...connection.retry, ...call }, () => sendOnce(connection, call));
}

/** The JSON that the server answers. An answer that breaks off is as good as none. */
export function ask(connection: Connection, call: HttpCall): Promise<unknown> {
  return repeated({ ...connection.retry, ...call }, async () => {
    const response = await sendOnce(connection, call);
    const answer = await reached(connection, call.signal, () => response.json());
    if (response.headers.get("idempotency-replayed") === "true") call.onReplayed?.();
    return answer;
  });
}

async function sendOnce(connection: Connection, call: HttpCall): Promise<FetchAnswer> {
  refuseLong(call.target);
  // Not called as a method: browsers refuse a `fetch` that is bound to something else.
  const { fetch, baseUrl } = connection;
  const response = await reached(connection, call.signal, () =>
    fetch(`${baseUrl}${call.target}`, requestInit(connection, call)),
  );
  if (response.ok) return response;
  const text = await reached(connection, call.signal, () => response.text());
  const after = retryAfterMs(response.headers.get("retry-after"));
  const hints = after === undefined ? {} : { retryAfterMs: after };
  throw told(text, hints) ?? notMoorage(connection, response, hints);
}

// A server would answer, and cut the connection before all was sent and the answer was read.
function refuseLong({ length }: string): void {
  if (length <= MAX_TARGET_CHARACTERS) return;
  const message = `The request's path and query: expected at most ${MAX_TARGET_CHARACTERS} characters, got ${length}.`;
  const hint = "Shorten the values of the input; ids have 20 characters, paths at most 4096 bytes.";
  throw new MoorageError("INVALID_INPUT", message, { hint, details: { maxCharacters: MAX_TARGET_CHARACTERS } });
}

/** Runs a step of a request; what breaks in it is told as the caller's own abort, or as a server out of reach. */
export async function reached<T>(
  connection: Connection,
  signal: AbortSignal | undefined,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isMoorageError(error)) throw error;
    if (signal?.aborted) throw canceled(error);
    const message = `The Moorage server at ${connection.baseUrl} did not answer, or the connection broke.`;
    throw new MoorageError("SERVER_UNREACHABLE", message, { cause: error });
  }
}

type Hints = { readonly retryAfterMs?: number };

/** The error that a body tells, when it has Moorage's form. */
function told(text: string, hints: Hints): MoorageError | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isErrorBody(body)) return undefined;
  return fromWireError({ ...body.error, details: { ...body.error.details, ...hints } });
}

type ErrorBody = { readonly error: Parameters<typeof fromWireError>[0] };

export function isErrorBody(body: unknown): body is ErrorBody {
  if (!isObject(body) || !isObject(body["error"])) return false;
  const { code, message } = body["error"];
  return typeof code === "string" && typeof message === "string";
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function requestInit(connection: Connection, { method, headers, body, signal }: HttpCall): FetchInit {
  return {
    method,
    headers: { ...connection.headers, ...headers },
    ...(body === undefined ? {} : { body }),
    ...(typeof body === "object" ? { duplex: "half" } : {}),
    ...(signal === undefined ? {} : { signal }),
  };
}

function notMoorage(connection: Connection, response: FetchAnswer, hints: Hints): MoorageError {
  const message = `${connection.baseUrl} answered ${response.status} without an error of Moorage's form.`;
  return new MoorageError("SERVER_UNREACHABLE", message, {
    hint: "Check that the address is that of a Moorage server, and what stands before it.",
    details: { status: response.status, ...hints },
  });
}
