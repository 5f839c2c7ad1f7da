import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, expectTypeOf, test } from "vitest";
import { createClient, isMoorageError, type Platform, type RunEvent, type Sandbox } from "./index.ts";
import type { FetchInit, FetchLike } from "./http.ts";

type Answered = { readonly url: string; readonly init: FetchInit };

/** A client whose requests end here, each answered by the function. */
function clientOf(answer: (request: Answered) => Response | Promise<Response>) {
  const requests: Answered[] = [];
  const fetch: FetchLike = async (url, init) => {
    requests.push({ url, init });
    return answer({ url, init });
  };
  const client = createClient({ baseUrl: "https://moorage.example/prefix/", fetch, key: "k1", userAgent: "test/1" });
  return { client, requests };
}

const streamOf = (...texts: string[]): Response => new Response(new Blob(texts).stream());

describe("a request", () => {
  test("goes below the base URL, with key, user agent and JSON", async () => {
    const { client, requests } = clientOf(() => Response.json({}));
    await client.sandbox.create({ name: "berth", cpus: 0.5 });
    await client.sandbox.list({ limit: 5 });
    expect(requests).toMatchObject([
      {
        url: "https://moorage.example/prefix/v1/sandboxes",
        init: {
          method: "POST",
          headers: { authorization: "Bearer k1", "user-agent": "test/1", "content-type": "application/json" },
          body: '{"name":"berth","cpus":0.5}',
        },
      },
      { url: "https://moorage.example/prefix/v1/sandboxes?limit=5", init: { method: "GET" } },
    ]);
    expect(requests[1]?.init.body).toBeUndefined();
  });

  test("is not sent when its path cannot be", async () => {
    const { client, requests } = clientOf(() => Response.json({}));
    await expect(client.sandbox.get({ id: ".." })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(requests).toEqual([]);
  });

  test("is not sent when no server would take so long an address", async () => {
    const { client, requests } = clientOf(() => Response.json({}));
    await expect(client.sandbox.get({ id: "x".repeat(10_000_000) })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "The request's path and query: expected at most 60000 characters, got 10000014.",
      hint: "Shorten the values of the input; ids have 20 characters, paths at most 4096 bytes.",
    });
    expect(requests).toEqual([]);
  });

  test("of a stream is sent when the stream is read", async () => {
    const { client, requests } = clientOf(() => streamOf('{"type":"progress","message":"a"}\n'));
    const events = client.sandbox.exec({ id: "a", command: ["ls"] });
    expect(requests).toEqual([]);
    expect(await Array.fromAsync(events)).toEqual([{ type: "progress", message: "a" }]);
    expect(requests).toHaveLength(1);
  });

  test.each(["", "moorage", "ftp://x", "unix:///x.sock"])("%j is no base URL", (baseUrl) => {
    expect(() => createClient({ baseUrl })).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  });

  test.each(["mk_…", "two words", "line\n", ""])(
    "a key that no header carries is refused without showing it: %j",
    (key) => {
      const refused = expect.objectContaining({
        code: "INVALID_INPUT",
        message: "key: expected visible ASCII characters without spaces.",
        hint: "Pass the key as it was given out, without quotes, spaces or a line break.",
      }) as unknown;
      expect(() => createClient({ baseUrl: "http://127.0.0.1:9", key })).toThrow(refused);
    },
  );
});

describe("an answer", () => {
  test("may have fields that this version does not know", async () => {
    const { client } = clientOf(() => Response.json({ id: "a", tomorrow: [1] }));
    expect(await client.sandbox.get({ id: "a" })).toEqual({ id: "a", tomorrow: [1] });
  });

  test("that tells an error is thrown with its code, hint and details", async () => {
    const error = { code: "CONFLICT", message: "Taken.", hint: "Choose.", details: { name: "x" }, retry: false };
    const { client } = clientOf(() => Response.json({ error }, { status: 409 }));
    const thrown: unknown = await client.sandbox.create({}).catch((caught: unknown) => caught);
    expect(isMoorageError(thrown)).toBe(true);
    expect(thrown).toMatchObject({ code: "CONFLICT", message: "Taken.", hint: "Choose.", details: { name: "x" } });
  });

  test("with a code of a newer server keeps its text", async () => {
    const error = { code: "TIDE_TOO_LOW", message: "Wait for the tide.", hint: "Wait.", details: {}, retry: true };
    const { client } = clientOf(() => Response.json({ error }, { status: 503 }));
    await expect(client.sandbox.get({ id: "a" })).rejects.toMatchObject({
      code: "INTERNAL",
      message: "Wait for the tide.",
    });
  });

  test.each([
    ["<html>Bad gateway</html>", 502],
    ["", 500],
    ['{"error":"plain"}', 400],
  ])("%j with status %i is not from Moorage", async (body, status) => {
    const { client } = clientOf(() => new Response(body, { status }));
    await expect(client.sandbox.get({ id: "a" })).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: `https://moorage.example/prefix answered ${status} without an error of Moorage's form.`,
      details: { status },
    });
  });

  test("that is no JSON although it succeeded is told as such", async () => {
    const { client } = clientOf(() => new Response("{"));
    await expect(client.sandbox.get({ id: "a" })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(Array.fromAsync(client.receipt.export({}))).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });
});

describe("a stream", () => {
  test("throws the error of its last line, after the events before it", async () => {
    const error = { code: "ENGINE_FAILED", message: "Gone.", hint: "Look.", details: {}, retry: true };
    const { client } = clientOf(() =>
      streamOf('{"type":"progress","message":"a"}\n\n', `${JSON.stringify({ type: "error", error })}\n`),
    );
    const seen: RunEvent[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of client.job.run({ command: ["a"] })) seen.push(event);
    };
    await expect(reading()).rejects.toMatchObject({ code: "ENGINE_FAILED", message: "Gone." });
    expect(seen).toEqual([{ type: "progress", message: "a" }]);
  });

  test("cancels its request when the loop is left", async () => {
    const canceled = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('{"type":"progress","message":"a"}\n')),
      cancel: () => canceled.resolve(),
    });
    const { client } = clientOf(() => new Response(body));
    for await (const event of client.job.run({ command: ["a"] })) {
      expect(event.type).toBe("progress");
      break;
    }
    await canceled.promise;
  });

  test("that breaks is told as a server out of reach", async () => {
    const body = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new TypeError("terminated")) });
    const { client } = clientOf(() => new Response(body));
    await expect(Array.fromAsync(client.job.run({ command: ["a"] }))).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
  });
});

describe("the caller's signal", () => {
  test("ends a request as CANCELED", async () => {
    const caller = new AbortController();
    const { client } = clientOf(
      ({ init }) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
          caller.abort();
        }),
    );
    await expect(client.sandbox.get({ id: "a" }, { signal: caller.signal })).rejects.toMatchObject({
      code: "CANCELED",
    });
  });

  test("that aborted before ends it at once", async () => {
    const client = createClient({ baseUrl: "http://127.0.0.1:9" });
    await expect(client.sandbox.get({ id: "a" }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELED",
    });
  });
});

test("a server that is not there is SERVER_UNREACHABLE, with its address and what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, retries: 0 });
  for (const call of [client.sandbox.list({}), Array.fromAsync(client.job.run({ command: ["a"] }))]) {
    await expect(call).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: `The Moorage server at http://127.0.0.1:${port} did not answer, or the connection broke.`,
      hint: "Start it with `moorage serve`, or check MOORAGE_URL.",
    });
  }
});

test("the client has the types of the Platform", () => {
  expectTypeOf(createClient).returns.toEqualTypeOf<Platform>();
  expectTypeOf<Platform["sandbox"]["get"]>().returns.resolves.toEqualTypeOf<Sandbox>();
  expectTypeOf<Platform["sandbox"]["exec"]>().returns.toEqualTypeOf<AsyncIterable<RunEvent>>();
  expectTypeOf<Platform["sandbox"]["get"]>().parameter(0).toEqualTypeOf<{ id: string }>();
  expectTypeOf<Platform["job"]["run"]>().parameter(0).toHaveProperty("command").toEqualTypeOf<string[]>();
});
