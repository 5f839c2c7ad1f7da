import { expect, test } from "vitest";
import { MoorageError } from "../base/errors.ts";
import { silentLogger } from "../base/logger.ts";
import { createRecordingPlatform } from "../contracts/testing/recording-platform.ts";
import { createApi } from "./create-api.ts";

const APP = "https://app.example.org";
const names = { hosts: [], origins: [APP] };

async function ask(path: string, { origin, ...init }: RequestInit & { readonly origin?: string; method?: string }) {
  const { platform } = createRecordingPlatform();
  const admit = async ({ bearer }: { readonly bearer: string | undefined }) => {
    if (bearer === undefined) throw new MoorageError("UNAUTHENTICATED", "No key.");
    return platform;
  };
  const app = createApi({ admit, logger: silentLogger, version: "1.2.3", names });
  const sent = new Headers(init.headers);
  sent.set("host", "127.0.0.1:7070");
  if (origin !== undefined) sent.set("origin", origin);
  const { status, headers } = await app.request(path, { ...init, headers: sent });
  const opened = Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control")));
  return { status, opened, vary: headers.get("vary") };
}

const asks = (method: string) => ({ method: "OPTIONS", headers: { "access-control-request-method": method } });

test("a page of an allowed origin is told what it may send, before it shows a key", async () => {
  expect(await ask("/v1/sandboxes/web", { ...asks("DELETE"), origin: APP })).toEqual({
    status: 204,
    vary: "Origin",
    opened: {
      "access-control-allow-origin": APP,
      "access-control-allow-methods": "GET, DELETE",
      "access-control-allow-headers":
        "authorization, content-type, idempotency-key, last-event-id, range, x-moorage-owner, x-request-id",
      "access-control-expose-headers": "content-range, etag, idempotency-replayed, retry-after, x-request-id",
      "access-control-max-age": "600",
    },
  });
});

test.each([
  ["/healthz", "GET"],
  ["/v1/contexts", "POST, GET, PUT"],
  ["/v1/sandboxes/web/content", "GET, PUT"],
])("of %s the methods are %s", async (path, methods) => {
  const { opened } = await ask(path, { ...asks("GET"), origin: APP });
  expect(opened["access-control-allow-methods"]).toBe(methods);
});

test("what it sends may be read by it, failures too, and nothing is said of cookies", async () => {
  const headers = { authorization: "Bearer key" };
  const answered = await ask("/v1/sandboxes", { headers, origin: APP });
  const refused = await ask("/v1/sandboxes", { origin: APP });
  const missing = await ask("/v1/nothing", { headers, origin: APP });
  expect([answered.status, refused.status, missing.status]).toEqual([200, 401, 404]);
  for (const { opened, vary } of [answered, refused, missing]) {
    expect(vary).toBe("Origin");
    expect(Object.keys(opened).toSorted()).toEqual(["access-control-allow-origin", "access-control-expose-headers"]);
  }
});

test.each(["https://evil.example", "null", "http://app.example.org", `${APP}.evil.example`])(
  "a page of %s is told nothing",
  async (origin) => {
    for (const init of [asks("GET"), { headers: { authorization: "Bearer key" } }]) {
      expect(await ask("/v1/sandboxes", { ...init, origin })).toEqual({ status: 403, opened: {}, vary: "Origin" });
    }
  },
);

test("the server's own pages, and who comes by none, need nothing", async () => {
  const headers = { authorization: "Bearer key" };
  for (const origin of ["http://127.0.0.1:7070", undefined]) {
    const answer = await ask("/v1/sandboxes", { headers, ...(origin === undefined ? {} : { origin }) });
    expect(answer).toEqual({ status: 200, opened: {}, vary: "Origin" });
  }
  expect((await ask("/v1/sandboxes", asks("GET"))).status).toBe(401);
});
