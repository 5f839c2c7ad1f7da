import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** Where an engine listens: a unix socket, or TCP with or without TLS. */
export type EngineAddress =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number; certificates: string | undefined };

export interface EngineRequest {
  method: "GET" | "POST" | "DELETE";
  path: string;
  body?: Readable | Buffer;
  contentType?: string;
  signal: AbortSignal;
}

/** The engine answered, and refused. */
export class EngineRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "EngineRefusal";
    this.status = status;
  }
}

const USUAL_SOCKET = "/var/run/docker.sock";
const BODY_CAP = 16 * 1024 * 1024;

/** The addresses worth trying, in order: DOCKER_HOST alone when it is set, else the usual sockets. */
export function engineAddresses(environment: NodeJS.ProcessEnv): EngineAddress[] {
  const host = environment["DOCKER_HOST"];
  if (host) {
    const address = parseEngineHost(host, environment);
    return address === undefined ? [] : [address];
  }
  const runtime = environment["XDG_RUNTIME_DIR"];
  const paths = [USUAL_SOCKET, join(homedir(), ".docker/run/docker.sock")];
  if (runtime) paths.push(join(runtime, "docker.sock"));
  return paths.map((path) => ({ kind: "unix", path }));
}

/** Undefined for what these scripts cannot speak (ssh://, npipe://). */
export function parseEngineHost(host: string, environment: NodeJS.ProcessEnv): EngineAddress | undefined {
  if (host.startsWith("unix://")) return { kind: "unix", path: host.slice("unix://".length) };
  const tcp = /^(?:tcp|http|https):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(host);
  if (tcp?.[1] === undefined) return undefined;
  const secure = Boolean(environment["DOCKER_TLS_VERIFY"]) || host.startsWith("https:");
  return {
    kind: "tcp",
    host: tcp[1].replace(/^\[|\]$/g, ""),
    port: Number(tcp[2] ?? (secure ? 2376 : 2375)),
    certificates: secure ? (environment["DOCKER_CERT_PATH"] ?? join(homedir(), ".docker")) : undefined,
  };
}

/** The same address as DOCKER_HOST has it. */
export function formatEngineHost(address: EngineAddress): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/** What other programs need to find the same engine: nothing where they look by themselves. */
export function engineEnvironment(address: EngineAddress): NodeJS.ProcessEnv {
  const usual = address.kind === "unix" && address.path === USUAL_SOCKET;
  return usual ? {} : { DOCKER_HOST: formatEngineHost(address) };
}

/** Sends one request; rejects with `EngineRefusal` on a status of 400 and above. The caller must drain the answer. */
export async function engineRequest(address: EngineAddress, request: EngineRequest): Promise<IncomingMessage> {
  const answer = await send(address, request);
  const status = answer.statusCode ?? 0;
  if (status < 400) return answer;
  throw new EngineRefusal(status, refusalText(await readText(answer)));
}

export async function engineJson(address: EngineAddress, request: EngineRequest): Promise<unknown> {
  const text = await readText(await engineRequest(address, request));
  return text === "" ? undefined : JSON.parse(text);
}

function send(address: EngineAddress, request: EngineRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions = {
    ...connection(address),
    method: request.method,
    path: request.path,
    signal: request.signal,
    headers: request.contentType === undefined ? {} : { "content-type": request.contentType },
  };
  const secure = address.kind === "tcp" && address.certificates !== undefined;
  const outgoing = secure ? httpsRequest(options, resolve) : httpRequest(options, resolve);
  outgoing.once("error", reject);
  if (request.body === undefined || Buffer.isBuffer(request.body)) outgoing.end(request.body);
  else request.body.once("error", (error) => outgoing.destroy(error)).pipe(outgoing);
  return promise;
}

function connection(address: EngineAddress): RequestOptions & { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  if (address.kind === "unix") return { socketPath: address.path };
  const { host, port, certificates } = address;
  if (certificates === undefined) return { host, port };
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => readFileSync(join(certificates, name)));
  return { host, port, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > BODY_CAP) throw new Error(`the engine's answer is larger than ${BODY_CAP} characters`);
  }
  return text;
}

function refusalText(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // An engine behind a proxy answers with something else than JSON: the text itself says most.
  }
  return body.trim().slice(0, 2000);
}
