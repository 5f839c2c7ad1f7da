import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../base/error-codes.ts";
import { MoorageError } from "../base/errors.ts";
import { ID_PATTERN } from "../base/ids.ts";
import { asFields } from "../contracts/testing/as-fields.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

const matching = (pattern: string | RegExp): unknown => expect.stringMatching(pattern);
const json = { "content-type": "application/json" };

describe("routes", () => {
  test("answer a unary operation with its JSON", async () => {
    const { app, calls } = createApiFixture({ answers: { "sandbox.get": () => ({ id: "x" }) } });
    const response = await app.request("/v1/sandboxes/harbour");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ id: "x" });
    expect(calls).toMatchObject([{ name: "sandbox.get", input: { id: "harbour" } }]);
  });

  test("join path, query and body into one input, with the types of the contract", async () => {
    const { app, calls } = createApiFixture();
    await app.request("/v1/sandboxes/harbour/runs?limit=5&cursor=12");
    await app.request("/v1/doctor?preflight=true");
    const body = JSON.stringify({ command: ["ls", "-l"], env: { A: "1" }, timeoutMs: 5 });
    await app.request("/v1/sandboxes/harbour/exec", { method: "POST", headers: json, body });
    expect(calls.map(({ input }) => input)).toEqual([
      { id: "harbour", limit: 5, cursor: "12" },
      { preflight: true },
      { id: "harbour", command: ["ls", "-l"], env: { A: "1" }, timeoutMs: 5 },
    ]);
  });

  test("take a missing body as an empty object", async () => {
    const { app, calls } = createApiFixture();
    await app.request("/v1/receipts/verify", { method: "POST" });
    expect(calls).toMatchObject([{ name: "receipt.verify", input: {} }]);
  });

  test("tell health and the OpenAPI document", async () => {
    const { app } = createApiFixture();
    expect(await (await app.request("/healthz")).json()).toEqual({ ok: true, version: "1.2.3" });
    const document: unknown = await (await app.request("/openapi.json")).json();
    expect(document).toMatchObject({ openapi: "3.1.1", info: { version: "1.2.3" } });
  });
});

describe("bad input", () => {
  const refused = async (path: string, init: RequestInit = {}) => {
    const { app, calls } = createApiFixture();
    const response = await app.request(path, init);
    const body: unknown = await response.json();
    return { status: response.status, body, calls, headers: response.headers };
  };
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
    refused("/v1/sandboxes", { method: "POST", headers, body });
  const invalid = (message: string | RegExp) => ({
    error: { code: "INVALID_INPUT", message: matching(message), retry: false },
  });

  test("malformed JSON is refused with its position", async () => {
    const { status, body, calls } = await post('{\n  "name": x\n}');
    expect(status).toBe(400);
    expect(body).toMatchObject(invalid('^The body: expected JSON, got "x" at line 2, column 11.$'));
    expect(body).toMatchObject({ error: { details: { offset: 12, line: 2, column: 11 } } });
    expect(calls).toEqual([]);
  });

  test("JSON that ends too early is refused with its end", async () => {
    expect((await post('{"name": "a"')).body).toMatchObject(invalid("got the end at line 1, column 13"));
  });

  test.each([
    ["[1]", "got an array"],
    ["null", "got null"],
    ['"a"', "got a string"],
    ["7", "got a number"],
  ])("a body of %s is no object", async (text, told) => {
    expect((await post(text)).body).toMatchObject(invalid(told));
  });

  test("bytes that are not UTF-8 are refused", async () => {
    expect((await post(new Uint8Array([0x7b, 0xff, 0x7d]))).body).toMatchObject(invalid("expected UTF-8"));
  });

  test("a body that is not said to be JSON is refused", async () => {
    const { status, body } = await post("{}", { "content-type": "text/plain" });
    expect(status).toBe(415);
    expect(body).toMatchObject(invalid("expected application/json, got text/plain"));
    expect((await post("{}", { "content-type": "Application/JSON; charset=utf-8" })).status).toBe(200);
  });

  test("a body over the cap is refused, whether its length is told or not", async () => {
    const large = "x".repeat(32 * 1024 * 1024 + 1);
    const told = await post(large, { ...json, "content-length": String(large.length) });
    const streamed = await refused("/v1/sandboxes", {
      method: "POST",
      headers: json,
      body: new Blob([large]).stream(),
      duplex: "half",
    });
    for (const { status, body, calls } of [told, streamed]) {
      expect(status).toBe(413);
      expect(body).toMatchObject(invalid("expected at most 33554432 bytes"));
      expect(calls).toEqual([]);
    }
  });

  test("a query value of another type is refused with the value", async () => {
    const { status, body, calls } = await refused("/v1/sandboxes?limit=abc");
    expect(status).toBe(400);
    expect(body).toMatchObject(invalid('^limit: expected a number \\(got "abc"\\)\\.$'));
    expect(calls).toEqual([]);
  });

  test("a value given twice is refused, in the query and across places", async () => {
    expect((await refused("/v1/sandboxes?limit=1&limit=2")).body).toMatchObject(
      invalid("limit: expected one value, got 2"),
    );
    const twice = await refused("/v1/sandboxes/a/exec", { method: "POST", headers: json, body: '{"id":"b"}' });
    expect(twice.body).toMatchObject(invalid("^id: expected once"));
  });

  test("unknown fields reach the operation's own strict parse", async () => {
    const { status, body, calls } = await post('{"colour": "red", "__proto__": {"name": "x"}}');
    expect(status).toBe(400);
    expect(body).toMatchObject(invalid("colour"));
    expect(Object.keys(asFields(calls[0]?.input))).toEqual(["colour", "__proto__"]);
    expect((await refused("/v1/sandboxes?colour=red")).body).toMatchObject(invalid("colour"));
  });

  test("a path that is no route is NOT_FOUND with a hint", async () => {
    for (const path of ["/", "/v1/nothing", "/v2/sandboxes", "/v1/sandboxes/", "/v1/sandboxes/a/b/c"]) {
      const { status, body } = await refused(path);
      expect(status, path).toBe(404);
      expect(body).toMatchObject({ error: { code: "NOT_FOUND", hint: "See /openapi.json for every route." } });
    }
  });

  test("another method is refused with those that are allowed", async () => {
    const { status, body, headers } = await refused("/v1/sandboxes/a", { method: "PATCH" });
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("GET, DELETE");
    expect(body).toMatchObject(invalid(/PATCH \/v1\/sandboxes\/\{id\}: expected the method GET or DELETE/));
    expect((await refused("/healthz", { method: "POST" })).status).toBe(405);
  });
});

describe("errors", () => {
  test.each(Object.entries(ERROR_CODES))("%s gets the status of its row", async (code, row) => {
    const failed = () => {
      throw new MoorageError(code as keyof typeof ERROR_CODES, "It failed.", { details: { value: 3 } });
    };
    const { app } = createApiFixture({ answers: { "sandbox.get": failed, "sandbox.exec": failed } });
    const get = await app.request("/v1/sandboxes/a");
    const exec = await app.request("/v1/sandboxes/a/exec", {
      method: "POST",
      headers: json,
      body: '{"command":["a"]}',
    });
    for (const response of [get, exec]) {
      expect(response.status).toBe(row.status);
      expect(await response.json()).toEqual({
        error: {
          code,
          message: "It failed.",
          hint: row.hint,
          details: { value: 3 },
          retry: row.retry,
          requestId: response.headers.get("x-request-id"),
        },
      });
    }
  });

  test("what nobody expected is INTERNAL, and its text stays inside, in the log", async () => {
    const secret = new Error("password=hunter2");
    const { app, events } = createApiFixture({
      answers: {
        "sandbox.get": () => {
          throw secret;
        },
      },
    });
    const response = await app.request("/v1/sandboxes/a");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("hunter2");
    expect(events).toMatchObject([{ level: "error", fields: { code: "INTERNAL", err: { cause: secret } } }]);
  });
});

describe("request ids and the log", () => {
  test("a request id is kept when it is well formed, and made otherwise", async () => {
    const { app } = createApiFixture();
    const idFor = async (given: string) =>
      (await app.request("/healthz", { headers: { "x-request-id": given } })).headers.get("x-request-id");
    expect(await idFor("abc-1.2_Z")).toBe("abc-1.2_Z");
    for (const malformed of ["", "a b", "x".repeat(65), "é", '"']) expect(await idFor(malformed)).toMatch(ID_PATTERN);
  });

  test("one event per request, by the route's pattern, without inputs", async () => {
    const { app, events } = createApiFixture();
    await app.request("/v1/sandboxes/harbour/file", {
      method: "PUT",
      headers: { ...json, "x-request-id": "r1", authorization: "Bearer sesame" },
      body: '{"path":"secret.txt","content":"sesame"}',
    });
    await app.request("/v1/nothing?key=sesame");
    await app.request("/v1/sandboxes?limit=sesame");
    expect(events).toMatchObject([
      {
        level: "info",
        message: "request",
        fields: { requestId: "r1", method: "PUT", route: "/v1/sandboxes/{id}/file", status: 200 },
      },
      { level: "info", fields: { route: "none", status: 404, code: "NOT_FOUND" } },
      { level: "info", fields: { route: "/v1/sandboxes", status: 400, code: "INVALID_INPUT" } },
    ]);
    expect(typeof events[0]?.fields["durationMs"]).toBe("number");
    expect(JSON.stringify(events)).not.toMatch(/sesame|harbour|secret/);
  });
});
