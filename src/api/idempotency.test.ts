import { expect, test } from "vitest";
import type { CallOptions } from "../contracts/platform.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

const json = { "content-type": "application/json" };

test("a key goes with the call, and a replayed answer says so", async () => {
  const given: (string | undefined)[] = [];
  const create = (_input: unknown, { idempotencyKey, onReplayed }: CallOptions) => {
    if (given.includes(idempotencyKey)) onReplayed?.();
    given.push(idempotencyKey);
    return { id: "a" };
  };
  const { app } = createApiFixture({ answers: { "sandbox.create": create } });
  const post = async () => {
    const headers = { ...json, "idempotency-key": "first" };
    const { status, headers: answered } = await app.request("/v1/sandboxes", { method: "POST", headers, body: "{}" });
    return [status, answered.get("idempotency-replayed")];
  };
  expect([await post(), await post()]).toEqual([
    [200, null],
    [200, "true"],
  ]);
  expect(given).toEqual(["first", "first"]);
});

test.each(["/v1/sandboxes/a/archive?path=.", "/v1/sandboxes/a/content?path=a", "/v1/contexts", "/v1/image/archive"])(
  "PUT %s refuses a key by name",
  async (path) => {
    const { app, calls } = createApiFixture();
    const response = await app.request(path, { method: "PUT", headers: { "idempotency-key": "first" }, body: "x" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: {
        code: "INVALID_INPUT",
        message: `idempotency-key: PUT ${path.replace(/\?.*/, "")} takes none, for its body is not kept.`,
        hint: "Leave the header out: what is sent again is written again.",
      },
    });
    expect(calls).toEqual([]);
  },
);

test.each(["if-match", "if-none-match", "if-unmodified-since"])(
  "a change on a condition, %s, is refused",
  async (name) => {
    const { app, calls } = createApiFixture();
    const headers = { ...json, [name]: "*" };
    const response = await app.request("/v1/sandboxes", { method: "POST", headers, body: "{}" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "INVALID_INPUT", message: `${name}: expected no condition on a change, got one.` },
    });
    expect(calls).toEqual([]);
    expect((await app.request("/v1/sandboxes", { headers })).status).toBe(200);
  },
);
