import { describe, expect, test, vi } from "vitest";
import type { ErrorCode } from "../base/error-codes.ts";
import { ID_PATTERN } from "../base/ids.ts";
import { createClient, isMoorageError, type ClientOptions, type FetchInit } from "./index.ts";
import { retryAfterMs } from "./retry.ts";

const failed = (code: ErrorCode, status = 503, headers: Record<string, string> = {}): Response =>
  Response.json({ error: { code, message: "No.", hint: "Wait.", details: {}, retry: true } }, { status, headers });

/** A client of a server that gives these answers in turn, an error being a connection that breaks. */
function clientOf(answers: readonly (() => Response)[], options: Partial<ClientOptions> = {}) {
  const requests: string[] = [];
  const keys: (string | undefined)[] = [];
  const fetch = async (_url: string, { method, headers }: FetchInit): Promise<Response> => {
    const answer = answers[requests.length] ?? answers.at(-1);
    requests.push(method);
    keys.push(headers["idempotency-key"]);
    if (answer === undefined) throw new Error("There is no answer.");
    return answer();
  };
  return { client: createClient({ baseUrl: "http://moorage.example", fetch, ...options }), requests, keys };
}

const refused = (): never => {
  throw new TypeError("fetch failed");
};
const found = (): Response => Response.json({ id: "a" });
const broken = (): Response => new Response('{"id":');

describe("what is safe to repeat is repeated", () => {
  test.each([
    ["a server that is not there", refused],
    ["an engine that is not there", () => failed("ENGINE_UNREACHABLE")],
    ["a gateway that is in the way", () => new Response("<html>", { status: 502 })],
    ["an answer that breaks off", broken],
    ["a gateway that asks to wait", () => new Response("", { status: 429, headers: { "retry-after": "0" } })],
  ])("after %s", async (_name, failure) => {
    const { client, requests } = clientOf([failure, failure, found]);
    expect(await client.sandbox.get({ id: "a" })).toEqual({ id: "a" });
    expect(requests).toEqual(["GET", "GET", "GET"]);
  });

  test("a removal too", async () => {
    const { client, requests } = clientOf([refused, found]);
    await client.sandbox.remove({ id: "a" });
    expect(requests).toEqual(["DELETE", "DELETE"]);
  });

  test("a change that is asked for by POST, each time with the same key, and another change with another", async () => {
    const { client, requests, keys } = clientOf([refused, broken, found]);
    expect(await client.sandbox.create({})).toEqual({ id: "a" });
    expect(requests).toEqual(["POST", "POST", "POST"]);
    await client.sandbox.create({});
    const [first, second, third, other] = keys;
    expect([second, third]).toEqual([first, first]);
    expect(first).toMatch(ID_PATTERN);
    expect(other).not.toBe(first);
  });

  test("also with the caller's own key; what was replayed is told", async () => {
    const replayed = () => Response.json({ id: "a" }, { headers: { "idempotency-replayed": "true" } });
    const { client, keys } = clientOf([refused, replayed]);
    const onReplayed = vi.fn<() => void>();
    await client.sandbox.create({}, { idempotencyKey: "mine", onReplayed });
    expect(keys).toEqual(["mine", "mine"]);
    expect(onReplayed).toHaveBeenCalledOnce();
    await expect(client.sandbox.create({}, { idempotencyKey: "two words" })).rejects.toMatchObject({
      message: "idempotency-key: expected visible ASCII characters without spaces.",
    });
  });

  test("a stream that is only looked at, until it has begun", async () => {
    const { client, requests } = clientOf([refused, () => new Response('{"type":"end"}\n')]);
    expect(await Array.fromAsync(client.run.attach({ runId: "a" }))).toEqual([{ type: "end" }]);
    expect(requests).toEqual(["GET", "GET"]);
  });

  test("three times by default, and the last error is told", async () => {
    const { client, requests } = clientOf([() => failed("ENGINE_TIMEOUT", 504)]);
    await expect(client.sandbox.get({ id: "a" })).rejects.toMatchObject({ code: "ENGINE_TIMEOUT", message: "No." });
    expect(requests).toHaveLength(4);
  });
});

describe("nothing is repeated", () => {
  test.each<[string, () => Response, Partial<ClientOptions>]>([
    ["that fails for good", () => failed("NOT_FOUND", 404), {}],
    ["where no server of ours is", () => new Response("<html>", { status: 404 }), {}],
    ["with `retries: 0`", refused, { retries: 0 }],
    ["after its time", refused, { retryForMs: 0 }],
    ["that is wanted later than there is time for", () => failed("ENGINE_FAILED", 502, { "retry-after": "60" }), {}],
  ])("%s", async (_name, failure, options) => {
    const { client, requests } = clientOf([failure], options);
    await expect(client.sandbox.get({ id: "a" })).rejects.toSatisfy(isMoorageError);
    expect(requests).toHaveLength(1);
  });

  test("that may have happened", async () => {
    const { client, requests } = clientOf([refused]);
    await expect(client.key.create({})).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(client.file.write({ id: "a", path: "a", content: "" })).rejects.toThrow("did not answer");
    await expect(Array.fromAsync(client.job.run({ command: ["a"] }))).rejects.toThrow("did not answer");
    expect(requests).toEqual(["POST", "PUT", "POST"]);
  });

  test("of a stream that has begun", async () => {
    const stream = (): Response =>
      new Response(new ReadableStream({ pull: () => Promise.reject(new TypeError("terminated")) }));
    const { client, requests } = clientOf([stream]);
    await expect(Array.fromAsync(client.run.attach({ runId: "a" }))).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    expect(requests).toHaveLength(1);
  });

  test("once the caller's signal has aborted, however long the wait", async () => {
    const caller = new AbortController();
    const later = (): Response => {
      setTimeout(() => caller.abort(), 0);
      return failed("ENGINE_FAILED", 502, { "retry-after": "3600" });
    };
    const { client, requests } = clientOf([later], { retryForMs: 10_000_000 });
    const call = client.sandbox.get({ id: "a" }, { signal: caller.signal });
    await expect(call).rejects.toMatchObject({ code: "CANCELED" });
    expect(requests).toHaveLength(1);
  });
});

test("the server's wish is told with the error", async () => {
  const { client } = clientOf([() => failed("ENGINE_FAILED", 502, { "retry-after": "7" })], { retries: 0 });
  await expect(client.sandbox.get({ id: "a" })).rejects.toMatchObject({ details: { retryAfterMs: 7000 } });
});

test.each([
  ["0", 0],
  ["120", 120_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["soon", undefined],
  [null, undefined],
])("retry-after %j is %j ms", (header, ms) => {
  expect(retryAfterMs(header)).toBe(ms);
});

test("a date is as far as it is away", () => {
  const ms = retryAfterMs(new Date(Date.now() + 3_600_000).toUTCString());
  expect(ms).toBeGreaterThan(3_500_000);
  expect(ms).toBeLessThanOrEqual(3_600_000);
});

test.each([{ retries: -1 }, { retries: 1.5 }, { retryForMs: Number.NaN }])("%j is refused", (options) => {
  expect(() => clientOf([found], options)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
});
