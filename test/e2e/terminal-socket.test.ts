import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createClient } from "../../src/sdk/index.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const PROTOCOL = "moorage.terminal.v1";

type Served = { readonly home: Home; readonly server: RunningServer; readonly url: string; readonly key: string };

async function served(disposables: AsyncDisposableStack): Promise<Served> {
  const home = disposables.use(await openHome());
  const server = disposables.use(await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } }));
  const [, url = ""] = /Listening on (http:\S+), with a key/.exec(server.told()) ?? [];
  const [, key = ""] = /shown this once: (moorage_\S+)/.exec(server.told()) ?? [];
  return { home, server, url, key };
}

/** A client that keeps what it is sent. */
function dial(url: string, path: string, options: { readonly protocols: string[]; readonly origin?: string }) {
  const { protocols, ...rest } = options;
  const socket = new WebSocket(new URL(path, url.replace("http:", "ws:")), protocols, rest);
  let printed = "";
  const events: Record<string, unknown>[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) printed += data.toString();
    else events.push(JSON.parse(data.toString()) as Record<string, unknown>);
  });
  const refused = new Promise<{ status: number; body: string }>((resolve) => {
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on("error", () => undefined);
  const shows = async (text: string) => {
    await expect.poll(() => printed, { timeout: 20_000, interval: 20 }).toContain(text);
  };
  return { socket, events, refused, closed, shows };
}

describe("a terminal over a WebSocket", () => {
  it("is typed into, told its size, and tells the result", async () => {
    await using all = new AsyncDisposableStack();
    const { url, key } = await served(all);
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const protocols = [PROTOCOL, `moorage.bearer.${key}`];
    const terminal = dial(url, `/v1/sandboxes/${id}/terminal?columns=91&rows=17`, { protocols });
    await once(terminal.socket, "open");
    expect(terminal.socket.protocol).toBe(PROTOCOL);
    terminal.socket.send(Buffer.from("stty size\n"));
    await terminal.shows("17 91");
    terminal.socket.send(JSON.stringify({ type: "resize", columns: 120, rows: 40 }));
    terminal.socket.send(Buffer.from("stty size\n"));
    await terminal.shows("40 120");
    terminal.socket.send(Buffer.from("exit 7\n"));
    expect(await terminal.closed).toEqual({ code: 1000, reason: "" });
    expect(terminal.events.map(({ type }) => type)).toEqual(["started", "result"]);
    expect(terminal.events[1]).toMatchObject({ result: { exitCode: 7, status: "failed" } });
  });

  it("that closes ends its program; that of another run leaves it", async () => {
    await using all = new AsyncDisposableStack();
    const { url, key } = await served(all);
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const protocols = [PROTOCOL, `moorage.bearer.${key}`];
    const statusOf = async (terminal: ReturnType<typeof dial>) => {
      const { runId } = terminal.events[0] as { runId: string };
      return (await sdk.run.get({ runId })).status;
    };
    const terminal = dial(url, `/v1/sandboxes/${id}/terminal?command=sh&command=-c&command=echo+up;+sleep+600`, {
      protocols,
    });
    await terminal.shows("up");
    const { runId } = terminal.events[0] as { runId: string };
    const watching = dial(url, `/v1/runs/${runId}/terminal`, { protocols });
    await watching.shows("up");
    watching.socket.close();
    await watching.closed;
    expect(await statusOf(terminal)).toBe("running");
    terminal.socket.terminate();
    await expect.poll(() => statusOf(terminal), { timeout: 30_000, interval: 100 }).toBe("canceled");
  });

  it("is refused with what every request is refused with", async () => {
    await using all = new AsyncDisposableStack();
    const { url, key } = await served(all);
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const path = `/v1/sandboxes/${id}/terminal`;
    const known = { protocols: [PROTOCOL, `moorage.bearer.${key}`] };
    const refusal = async (at: string, options: Parameters<typeof dial>[2]) => {
      const { status, body } = await dial(url, at, options).refused;
      const { error } = JSON.parse(body) as { error: { code: string; message: string } };
      return [status, error.code, error.message];
    };
    expect(await refusal(path, { protocols: [PROTOCOL] })).toEqual([
      401,
      "UNAUTHENTICATED",
      "This needs an API key, and the request shows none.",
    ]);
    expect(await refusal(path, { ...known, origin: "https://evil.example" })).toEqual([
      403,
      "INVALID_INPUT",
      'The request comes from a page of "https://evil.example", which may send none.',
    ]);
    expect(await refusal("/v1/sandboxes/nobodys/terminal", known)).toEqual([
      404,
      "NOT_FOUND",
      'You have no sandbox "nobodys".',
    ]);
    expect(await refusal(`${path}?columns=none`, known)).toEqual([
      400,
      "INVALID_INPUT",
      'columns: expected a number (got "none").',
    ]);
    expect(await refusal(`${path}?port=1`, known)).toEqual([
      400,
      "INVALID_INPUT",
      'sandbox.exec: input: Unrecognized key: "port".',
    ]);
    const plain = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${key}` } });
    expect([plain.status, ((await plain.json()) as { error: { message: string } }).error.message]).toEqual([
      426,
      "A terminal is a WebSocket, and the request is none.",
    ]);
  });

  it("is closed with the reason when what it is sent is wrong, and when the server stops", async () => {
    await using all = new AsyncDisposableStack();
    const { url, key, server } = await served(all);
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const open = async () => {
      const terminal = dial(url, `/v1/sandboxes/${id}/terminal`, { protocols: [PROTOCOL, `moorage.bearer.${key}`] });
      await once(terminal.socket, "open");
      return terminal;
    };
    const wrong = await open();
    wrong.socket.send("resize 80");
    expect(await wrong.closed).toEqual({ code: 1008, reason: "INVALID_INPUT" });
    expect(wrong.events.at(-1)).toMatchObject({
      type: "error",
      error: {
        code: "INVALID_INPUT",
        message: "What was sent to the terminal as text: Invalid input: expected object, received string.",
      },
    });
    const large = await open();
    large.socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect((await large.closed).code).toBe(1009);
    const stopped = await open();
    await server[Symbol.asyncDispose]();
    const { code } = await stopped.closed;
    // Its run ends with a result, or the server tells that it stops, whichever is first.
    const last = stopped.events.at(-1) as { type: string; error?: { code: string } };
    expect([
      [1000, "result", undefined],
      [1001, "error", "CANCELED"],
    ]).toContainEqual([code, last.type, last.error?.code]);
  });

  it("whose handshake is wrong leaves nothing running", async () => {
    await using all = new AsyncDisposableStack();
    const { url, key } = await served(all);
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    const { port } = new URL(url);
    const stream = connect(Number(port), "127.0.0.1");
    const head = [
      `GET /v1/sandboxes/${id}/terminal HTTP/1.1`,
      "host: localhost",
      `authorization: Bearer ${key}`,
      "connection: upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 99",
    ];
    stream.write(`${head.join("\r\n")}\r\n\r\n`);
    const [answer] = (await once(stream, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 4\d\d /);
    const runs = async () => (await sdk.run.list({ sandbox: id })).items.map(({ status }) => status);
    await expect.poll(runs, { timeout: 30_000, interval: 100 }).not.toContain("running");
  });
});
