import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AllowedRequest } from "./judge-call.ts";
import { readBody } from "./read-body.ts";

/** What a client may tell an engine in headers: credentials for registries, and what kind of body it is. */
const PASSED = ["x-registry-auth", "x-registry-config", "content-type", "accept"];

type Going = {
  readonly allowed: AllowedRequest;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
};

/** Sends a call on as one of its own, and answers how the engine begins to answer. */
export async function sendOn(socketPath: string, { allowed, incoming, outgoing }: Going): Promise<IncomingMessage> {
  const { call, json } = allowed;
  const headers = passed(incoming.headers);
  const sent = request({ socketPath, agent: false, method: call.method, path: call.target, headers });
  outgoing.once("close", () => sent.destroy());
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  if (json !== undefined) sent.end(json);
  // An engine may answer, and close, before it has read everything: its answer is what counts.
  else pipeline(incoming, sent).catch(() => undefined);
  const [engine] = await answered;
  return engine;
}

type Taking = { readonly allowed: AllowedRequest; readonly client: Duplex; readonly rest: Buffer };

/** Joins a client with the streams of a container, once the engine has handed them over; else passes its answer on. */
export async function takeOver(socketPath: string, { allowed, client, rest }: Taking): Promise<void> {
  const { call, json } = allowed;
  const headers = { connection: "Upgrade", upgrade: "tcp", "content-type": "application/json" };
  const sent = request({ socketPath, agent: false, method: call.method, path: call.target, headers });
  client.once("close", () => sent.destroy());
  const begun = Promise.withResolvers<{
    readonly answer: IncomingMessage;
    readonly engine?: Duplex;
    readonly head?: Buffer;
  }>();
  sent.once("upgrade", (answer, engine, head) => begun.resolve({ answer, engine, head }));
  sent.once("response", (answer) => begun.resolve({ answer }));
  sent.on("error", begun.reject);
  sent.end(json);
  const { answer, engine, head } = await begun.promise;
  const status = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ""}`;
  if (engine === undefined) {
    const body = await readBody(answer);
    const length = `content-length: ${Buffer.byteLength(body)}`;
    client.end([status, "content-type: application/json", "connection: close", length, "", body].join("\r\n"));
    return;
  }
  client.write(`${status}\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\n`);
  if (head !== undefined) client.write(head);
  engine.write(rest);
  engine.on("error", () => client.destroy());
  client.on("close", () => engine.destroy());
  client.pipe(engine);
  engine.pipe(client);
}

function passed(headers: IncomingHttpHeaders): Record<string, string> {
  const pairs = PASSED.flatMap((name) => (typeof headers[name] === "string" ? [[name, headers[name]] as const] : []));
  return { host: "docker", ...Object.fromEntries(pairs) };
}
