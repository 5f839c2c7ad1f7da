import { expect, test } from "vitest";
import type { Shown } from "../contracts/admission.ts";
import { MoorageError } from "../base/errors.ts";
import { silentLogger } from "../base/logger.ts";
import { createRecordingPlatform } from "../contracts/testing/recording-platform.ts";
import { createApi } from "./create-api.ts";

function opened() {
  const shown: Shown[] = [];
  const { platform, calls } = createRecordingPlatform();
  const admit = async (given: Shown) => {
    shown.push(given);
    if (given.bearer === "good") return platform;
    throw new MoorageError("UNAUTHENTICATED", "The API key is not known here.");
  };
  return { shown, calls, app: createApi({ admit, logger: silentLogger, version: "1.2.3" }) };
}

test.each([
  [{ authorization: "Bearer good" }, "good"],
  [{ authorization: "bearer   good" }, "good"],
  [{ authorization: "Basic good" }, undefined],
  [{ authorization: "Bearer good more" }, undefined],
  [{}, undefined],
])("of %j the key %j is shown", async (headers, bearer) => {
  const { app, shown } = opened();
  await app.request("/v1/sandboxes", { headers });
  expect(shown).toMatchObject([{ bearer }]);
});

test("who is not known is told so, in the form that HTTP has for it, and reaches nothing", async () => {
  const { app, calls } = opened();
  for (const target of ["/v1/sandboxes", "/v1/nothing", "/v1/sandboxes/a/archive?path=b"]) {
    const response = await app.request(target);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
  }
  expect(calls).toEqual([]);
});

test("whether the server is there, and what it can do, is told to everybody", async () => {
  const { app, shown } = opened();
  for (const target of ["/healthz", "/openapi.json"]) expect((await app.request(target)).status).toBe(200);
  expect(shown).toEqual([]);
});
