import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "../../../base/logger.ts";
import { judgeBody, judgeCall, type AllowedRequest } from "./judge-call.ts";
import { createOwnContainers, type OwnContainers } from "./own-containers.ts";
import { readBody, readHead } from "./read-body.ts";
import { sendOn, takeOver } from "./send-on.ts";

export type EngineFilterOptions = {
  /** The engine's own socket. */
  readonly socketPath: string;
  readonly logger: Logger;
};

type Filter = EngineFilterOptions & { readonly own: OwnContainers };

/**
 * A server in front of an engine's socket that lets through what Moorage asks of an engine, and nothing else: no
 * container with more rights than a sandbox has, no directory of the host, and no container that is somebody else's.
 */
export function createEngineFilter(options: EngineFilterOptions): Server {
  const filter = { ...options, own: createOwnContainers(options.socketPath) };
  // What is uploaded may take as long as it takes.
  const server = createServer({ requestTimeout: 0 });
  server.on("request", (incoming, outgoing) => {
    answer(filter, incoming, outgoing).catch((error: unknown) => {
      filter.logger.debug({ err: error }, "a call to the engine broke off");
      if (outgoing.headersSent) outgoing.destroy();
      else refuse(outgoing, 502, "The engine does not answer.");
    });
  });
  server.on("upgrade", (incoming, client: Duplex, head: Buffer) => {
    client.on("error", () => client.destroy());
    handOver(filter, incoming, { client, head }).catch((error: unknown) => {
      filter.logger.debug({ err: error }, "a connection to the engine broke off");
      client.destroy();
    });
  });
  return server;
}

async function answer(filter: Filter, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const allowed = await judge(filter, incoming, () => readBody(incoming));
  if ("refused" in allowed) return refuse(outgoing, allowed.status, allowed.refused);
  const { call } = allowed;
  // Only a connection that the engine has taken over is one, and that begins with an upgrade.
  if (call.hijacked === true) return refuse(outgoing, 403, "expected an upgrade of the connection");
  using _step = filter.own.building(call);
  const engine = await sendOn(filter.socketPath, { allowed, incoming, outgoing });
  outgoing.writeHead(engine.statusCode ?? 502, engine.headers);
  outgoing.flushHeaders();
  await pipeline(engine, outgoing);
}

type Taken = { readonly client: Duplex; readonly head: Buffer };

async function handOver(filter: Filter, incoming: IncomingMessage, { client, head }: Taken): Promise<void> {
  const { json, rest } = await readHead(incoming, { client, head });
  const allowed = await judge(filter, incoming, () => Promise.resolve(json));
  if ("refused" in allowed || allowed.call.hijacked !== true) {
    const why = "refused" in allowed ? allowed.refused : "nothing whose connection is taken over";
    const body = JSON.stringify({ message: why });
    const lines = ["HTTP/1.1 403 Forbidden", "content-type: application/json", "connection: close"];
    client.end([...lines, `content-length: ${Buffer.byteLength(body)}`, "", body].join("\r\n"));
    return;
  }
  await takeOver(filter.socketPath, { allowed, client, rest });
}

type Refused = { readonly refused: string; readonly status: number };

async function judge(
  { own, logger }: Filter,
  { method = "", url = "" }: IncomingMessage,
  body: () => Promise<string>,
): Promise<AllowedRequest | Refused> {
  const refused = (why: string): Refused => {
    logger.warn({ refused: why }, "a call to the engine was refused");
    return { refused: `moorage engine-proxy does not let this through: ${why}.`, status: 403 };
  };
  const call = judgeCall(method, url);
  if ("refused" in call) return refused(call.refused);
  const judged = call.body === undefined ? { json: undefined, value: undefined } : judgeBody(call, await body());
  if ("refused" in judged) return refused(judged.refused);
  for (const container of [call.container, containerIn(judged.value)]) {
    if (container !== undefined && !(await own.has(container, call.steps ?? false))) {
      return { refused: `No such container of Moorage's: ${container}`, status: 404 };
    }
  }
  return { call, json: judged.json };
}

/** Networks name in a body whom they take in. */
function containerIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("Container" in value)) return undefined;
  return String(value.Container);
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  outgoing.writeHead(status, { "content-type": "application/json", connection: "close" });
  outgoing.end(JSON.stringify({ message }));
}
