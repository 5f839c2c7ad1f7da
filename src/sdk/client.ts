import { fromWireError, MoorageError } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import { buildPlatform } from "../contracts/build-platform.ts";
import type { CallOptions } from "../contracts/call-options.ts";
import type { StreamMethod, UnaryMethod } from "../contracts/method.ts";
import { OUTLINE, type OutlinedOperation } from "../contracts/outline.ts";
import type { Platform } from "../contracts/platform.ts";
import { ask, isErrorBody, isObject, reached, send, type Connection, type FetchLike, type HttpCall } from "./http.ts";
import { readLines } from "./lines.ts";
import { rawOperations } from "./raw-operations.ts";
import { fillPath, queryOf } from "./request-target.ts";
import { responseChunks } from "./response-chunks.ts";
import { DEFAULT_RETRIES } from "./retry.ts";

export type ClientOptions = {
  /**
   * Address of the server, such as `http://127.0.0.1:7070`; a path in it is kept as a prefix. The local socket has
   * none: `openSocketPlatform` of `moorage/server` opens that.
   */
  readonly baseUrl: string;
  /** @default the global `fetch` */
  readonly fetch?: FetchLike;
  /** API key, sent as a bearer token. @default none: the local socket asks for no key */
  readonly key?: string | undefined;
  /** Name of a team of yours, for which everything is done. @default yourself */
  readonly owner?: string | undefined;
  /** Sent as `user-agent`; browsers send their own. @default the runtime's */
  readonly userAgent?: string;
  /**
   * How often a call is repeated that fails with an error of which the table says `retry`, a server out of reach among
   * them; after 0.1 s, twice that each time up to 5 s, less some at random, and not before a `retry-after` of the
   * server. Only what is safe to repeat is: GET, DELETE (of a removal that is repeated because its answer was lost,
   * NOT_FOUND may be told), and each POST with one answer, save `key.create`: it carries an `idempotency-key`, by which
   * the server does it once. Never what has begun to answer with a stream. 0 repeats nothing.
   * @default 3
   */
  readonly retries?: number;
  /** Milliseconds from a call's first request in which another may begin. @default 15000 */
  readonly retryForMs?: number;
};

/**
 * A Moorage server's platform, over HTTP: the same methods, inputs, answers and errors as in process.
 *
 * Streams send their request when they are first read, can be read once, and end the operation on the server when the
 * loop is left. Answers may have fields that this version does not know.
 *
 * @throws INVALID_INPUT when the address is no http or https URL, the key nothing that a header can carry, or a number
 * of retries no whole number from 0 on.
 * @example
 * ```ts
 * import { createClient, openSandbox } from "moorage";
 *
 * const { MOORAGE_URL: baseUrl = "http://127.0.0.1:7070", MOORAGE_KEY: key } = process.env;
 * const moorage = createClient({ baseUrl, key });
 * await using sandbox = await openSandbox(moorage, { image: "python:3.11-slim" });
 * const { exitCode, stdout } = await sandbox.run({ command: ["python", "-c", "print(6 * 7)"], timeoutMs: 10_000 });
 * process.stdout.write(stdout);
 * console.log(`exit code ${exitCode}`);
 * ```
 */
export function createClient(options: ClientOptions): Platform {
  const { baseUrl, fetch = globalFetch, key, owner, userAgent } = options;
  const connection: Connection = {
    baseUrl: checkedBase(baseUrl),
    fetch,
    retry: {
      retries: checkedCount("retries", options.retries ?? DEFAULT_RETRIES.retries),
      retryForMs: checkedCount("retryForMs", options.retryForMs ?? DEFAULT_RETRIES.retryForMs),
    },
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${checkedHeader("key", key, AS_GIVEN)}` }),
      ...(owner === undefined ? {} : { "x-moorage-owner": checkedHeader("owner", owner, AS_NAMED) }),
      ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
    },
  };
  const methodFor = (named: OutlinedOperation): UnaryMethod | StreamMethod =>
    named.kind === "unary" ? unaryMethod(connection, named) : streamMethod(connection, named);
  return buildPlatform(OUTLINE, methodFor, rawOperations(connection));
}

const globalFetch: FetchLike = (url, init) => globalThis.fetch(url, init);

function checkedBase(baseUrl: string): string {
  const known = URL.canParse(baseUrl) && ["http:", "https:"].includes(new URL(baseUrl).protocol);
  if (known) return baseUrl.replace(/\/+$/, "");
  throw new MoorageError("INVALID_INPUT", `baseUrl: expected an http or https URL, got ${JSON.stringify(baseUrl)}.`);
}

function checkedCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new MoorageError("INVALID_INPUT", `${name}: expected a whole number from 0 on, got ${value}.`);
}

const AS_GIVEN = "Pass the key as it was given out, without quotes, spaces or a line break.";
const AS_NAMED = "Name a team of yours, such as ops.";
const AS_CHOSEN = "Choose another key, such as a UUID.";

// `fetch` would refuse it in words that show it, and as if the server were away.
function checkedHeader(name: string, value: string, hint: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new MoorageError("INVALID_INPUT", `${name}: expected visible ASCII characters without spaces.`, { hint });
}

function unaryMethod(connection: Connection, named: OutlinedOperation): UnaryMethod {
  return async (input, options = {}) => ask(connection, keyedCall(connection, callOf(named, input, options), named));
}

function streamMethod(connection: Connection, named: OutlinedOperation): StreamMethod {
  return async function* (input, options = {}) {
    const { signal } = options;
    const response = await send(connection, callOf(named, input, options));
    for await (const line of readLines(responseChunks({ connection, response, signal }))) {
      const event: unknown = await reached(connection, signal, async () => parsed(line));
      if (isObject(event) && event["type"] === "error" && isErrorBody(event)) throw fromWireError(event.error);
      yield event;
    }
  };
}

function parsed(line: string): unknown {
  return JSON.parse(line);
}

/** With a key of its own where it may be repeated, so that it happens once all the same. */
function keyedCall({ retry }: Connection, call: HttpCall, { secret }: OutlinedOperation): HttpCall {
  if (call.keyed === true) return call;
  if (call.method !== "POST" || secret === true || retry.retries === 0) return call;
  return { ...call, keyed: true, headers: { ...call.headers, [KEY]: newId() } };
}

const KEY = "idempotency-key";

function callOf(named: OutlinedOperation, input: unknown, options: CallOptions): HttpCall {
  const { signal, idempotencyKey: key, onReplayed } = options;
  const { method, path: pattern } = named.http;
  const { path, rest } = fillPath(pattern, isObject(input) ? input : {});
  const headers: Record<string, string> = key === undefined ? {} : { [KEY]: checkedHeader(KEY, key, AS_CHOSEN) };
  const call = { method: method.toUpperCase(), keyed: key !== undefined, onReplayed, signal };
  if (method === "get" || method === "delete") return { ...call, headers, target: `${path}${queryOf(rest)}` };
  headers["content-type"] = "application/json";
  return { ...call, target: path, headers, body: JSON.stringify(rest) };
}
