import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { z } from "zod";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";
import { answerError, answerOf, connectionError } from "./api-errors.ts";
import type { ApiRequest } from "./api-request.ts";
import { createConnector, type BeginRequest, type Connector } from "../endpoint/connector.ts";
import { endpointName, type DockerEndpoint } from "../endpoint/endpoint.ts";
import { engineTraits, type EngineTraits } from "./engine-traits.ts";
import { hostFixes } from "./host-fixes.ts";
import { requestInDialect } from "./request-dialect.ts";
import { VersionReply } from "./replies.ts";

/** The oldest API with all that is used here: Docker Engine 20.10. */
export const API_VERSION = "1.41";
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/** The engine's HTTP API. Everything that it refuses, and everything that goes wrong on the way, is a MoorageError. */
export type EngineApi = AsyncDisposable & {
  readonly endpoint: DockerEndpoint;
  /** What kind of engine answers; asked once. */
  readonly traits: () => Promise<EngineTraits>;
  /** For requests whose answer is its status. */
  readonly send: (request: ApiRequest) => Promise<void>;
  readonly json: <T>(request: ApiRequest, schema: z.ZodType<T>) => Promise<T>;
  /** As `json`; undefined when the engine answers 404. */
  readonly find: <T>(request: ApiRequest, schema: z.ZodType<T>) => Promise<T | undefined>;
  /** The headers of an answer without a body. */
  readonly head: (request: ApiRequest) => Promise<IncomingMessage["headers"]>;
  /** An answer that goes on; whoever stops reading it destroys it. */
  readonly stream: (request: ApiRequest) => Promise<IncomingMessage>;
  /** A connection taken over for a container's streams. */
  readonly hijack: (request: ApiRequest) => Promise<Duplex>;
};

export type EngineApiOptions = {
  readonly endpoint: DockerEndpoint;
  readonly programDirectories: readonly string[];
  /** No answer is waited for any longer, whatever its own deadline is; ms. @default no such bound */
  readonly patienceMs?: number;
};

type Manner = {
  readonly begin: BeginRequest;
  readonly version?: string;
  readonly wanted: "answer" | "connection";
};
type Known = { readonly apiVersion: string; readonly traits: EngineTraits };
type Opened = { readonly response: IncomingMessage; readonly socket: Duplex | undefined };

export function createEngineApi(options: EngineApiOptions): EngineApi {
  const connector = createConnector(options.endpoint);
  const known = remembered(options, connector);
  const open = async (request: ApiRequest, wanted: Manner["wanted"]): Promise<Exchange> => {
    throwIfCanceled(request.signal);
    const begin = await connector.open();
    if (request.unversioned === true) return new Exchange(options, request, { begin, wanted }).open();
    const { apiVersion, traits } = await known();
    const manner = { begin, wanted, version: apiVersion };
    return new Exchange(options, requestInDialect(request, traits), manner).open();
  };
  const body = async (request: ApiRequest): Promise<string> => (await open(request, "answer")).body();
  const json: EngineApi["json"] = async (request, schema) => parseReply(await body(request), schema, options.endpoint);
  return {
    endpoint: options.endpoint,
    traits: async () => (await known()).traits,
    send: async (request) => void (await body(request)),
    json,
    find: async (request, schema) => {
      try {
        return await json(request, schema);
      } catch (error) {
        if (answerOf(error)?.status === 404) return undefined;
        throw error;
      }
    },
    head: async (request) => (await open(request, "answer")).headers(),
    stream: async (request) => (await open(request, "answer")).stream(),
    hijack: async (request) => (await open(request, "connection")).socket(),
    [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose](),
  };
}

// Newer engines refuse old versions, older ones refuse new ones: the oldest that both sides know is asked for once.
function remembered(options: EngineApiOptions, connector: Connector): () => Promise<Known> {
  let known: Promise<Known> | undefined;
  return () => {
    known ??= negotiate(options, connector).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function negotiate(options: EngineApiOptions, connector: Connector): Promise<Known> {
  const manner = { begin: await connector.open(), wanted: "answer" } as const;
  const exchange = new Exchange(options, { method: "GET", path: "/version" }, manner);
  const text = await (await exchange.open()).body();
  const reply = parseReply(text, VersionReply, options.endpoint);
  if (compareVersions(reply.ApiVersion, API_VERSION) < 0) {
    const found = `Docker ${reply.Version} at ${endpointName(options.endpoint)} knows the API ${reply.ApiVersion}`;
    throw new MoorageError(
      "ENGINE_UNSUPPORTED",
      `${found}; Docker Engine 20.10 (API ${API_VERSION}) or newer is needed.`,
      {
        hint: hostFixes().upgrade,
      },
    );
  }
  const oldest = reply.MinAPIVersion;
  const apiVersion = oldest !== undefined && compareVersions(oldest, API_VERSION) > 0 ? oldest : API_VERSION;
  return { apiVersion, traits: engineTraits(reply) };
}

/** Compares API versions such as "1.41" by number. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

function parseReply<T>(text: string, schema: z.ZodType<T>, endpoint: DockerEndpoint): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `What answers at ${endpointName(endpoint)} does not speak Docker's API.`;
    throw new MoorageError("ENGINE_FAILED", message, { hint: "Check DOCKER_HOST and the engine's version.", cause });
  }
}

/** One request and its answer, under one deadline. */
class Exchange {
  readonly #options: EngineApiOptions;
  readonly #request: ApiRequest;
  readonly #wanted: Manner["wanted"];
  readonly #sent: ClientRequest;
  readonly #timeoutMs: number;
  readonly #abort: () => void;
  readonly #timer: NodeJS.Timeout;
  #opened: Opened | undefined;

  constructor(options: EngineApiOptions, request: ApiRequest, manner: Manner) {
    this.#options = options;
    this.#request = request;
    this.#wanted = manner.wanted;
    this.#timeoutMs = Math.min(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.patienceMs ?? Infinity);
    this.#sent = manner.begin({
      method: request.method,
      path: target(request, manner.version),
      headers: headersOf(request, manner),
    });
    this.#abort = () => this.#cut(new Error("canceled", { cause: request.signal?.reason }));
    this.#timer = setTimeout(() => this.#cut(new DOMException("deadline", "TimeoutError")), this.#timeoutMs);
    request.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  async open(): Promise<this> {
    try {
      const opening = opened(this.#sent);
      // The writing below may fail first; that error is the one that counts.
      opening.catch(() => undefined);
      await this.#write();
      this.#opened = await opening;
    } catch (error) {
      throw this.#failed(error);
    }
    const { response } = this.#opened;
    const status = response.statusCode ?? 0;
    if (this.#wanted === "connection" ? this.#opened.socket === undefined : status >= 300 && status !== 304) {
      const text = await this.body();
      throw answerError(status, text, `${this.#request.method} ${this.#request.path}`);
    }
    return this;
  }

  async body(): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of this.#response() as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_REPLY_BYTES)
          throw new MoorageError("ENGINE_FAILED", `Docker's answer exceeds ${MAX_REPLY_BYTES} bytes.`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#failed(error);
    }
    this.#done();
    return Buffer.concat(chunks).toString();
  }

  headers(): IncomingMessage["headers"] {
    const response = this.#response();
    response.resume();
    this.#done();
    return response.headers;
  }

  stream(): IncomingMessage {
    this.#done();
    return this.#response();
  }

  socket(): Duplex {
    this.#done();
    const socket = this.#opened?.socket;
    if (socket === undefined) throw new MoorageError("ENGINE_FAILED", "Docker did not hand over the connection.");
    return socket;
  }

  // Docker may answer before it has read everything, for example with a refusal.
  async #write(): Promise<void> {
    const { json, tar } = this.#request;
    if (tar === undefined) return void this.#sent.end(json === undefined ? undefined : JSON.stringify(json));
    const closing = new Promise<undefined>((resolve) => void this.#sent.once("close", () => resolve(undefined)));
    const closed = new Once(closing);
    const source = tar[Symbol.asyncIterator]();
    try {
      while (!this.#sent.destroyed) {
        const item = await closed.or(source.next());
        if (item === undefined || item.done === true) break;
        if (!this.#sent.write(item.value)) await closed.or(drained(this.#sent));
      }
    } finally {
      // A source that is stuck is not waited for.
      source.return?.().catch(() => undefined);
    }
    this.#sent.end();
  }

  #response(): IncomingMessage {
    if (this.#opened === undefined) throw new MoorageError("INTERNAL", "The exchange was not opened.");
    return this.#opened.response;
  }

  #failed(error: unknown): MoorageError {
    this.#done();
    this.#cut(new Error("given up"));
    const { endpoint, programDirectories } = this.#options;
    const context = { endpoint, programDirectories, timeoutMs: this.#timeoutMs, signal: this.#request.signal };
    return connectionError(error, context);
  }

  #cut(reason: Error): void {
    this.#opened?.response.destroy(reason);
    this.#sent.destroy(reason);
  }

  #done(): void {
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#abort);
  }
}

function opened(sent: ClientRequest): Promise<Opened> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened>();
  sent.on("response", (response) => resolve({ response, socket: undefined }));
  sent.on("upgrade", (response, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    resolve({ response, socket });
  });
  // The listener stays: a connection that breaks later is told by the stream, not by an uncaught event.
  sent.on("error", reject);
  sent.on("close", () => reject(new Error("closed")));
  return promise;
}

function drained(sent: ClientRequest): Promise<undefined> {
  return new Promise((resolve) => void sent.once("drain", () => resolve(undefined)));
}

function target(request: ApiRequest, version: string | undefined): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(name, value);
  const text = query.toString();
  const path = request.path.split("/").map(encodeSegment).join("/");
  return `${version === undefined ? "" : `/v${version}`}${path}${text === "" ? "" : `?${text}`}`;
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll("%3A", ":").replaceAll("%40", "@");
}

function headersOf(request: ApiRequest, manner: Pick<Manner, "wanted">): Record<string, string> {
  const headers: Record<string, string> = { host: "docker", ...request.headers };
  if (manner.wanted === "connection") Object.assign(headers, { connection: "Upgrade", upgrade: "tcp" });
  if (request.json !== undefined) headers["content-type"] = "application/json";
  if (request.tar !== undefined) headers["content-type"] = "application/x-tar";
  return headers;
}
