import { expect, test } from "vitest";
import { createApi } from "../../src/api/index.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { openMemoryDomain } from "../fixtures/memory-domain.ts";

const OCTETS = "application/octet-stream";

async function openApp() {
  const domain = openMemoryDomain();
  const app = createApi({ admit: () => Promise.resolve(domain.platform), logger: silentLogger, version: "0.0.0" });
  const { id } = await domain.platform.sandbox.create({});
  await domain.platform.file.write({ id, path: "ten", content: "0123456789" });
  await domain.platform.file.write({ id, path: "none", content: "" });
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    app.request(`/v1/sandboxes/${id}/content?path=${path}`, { method, headers });
  return { app, id, domain, get, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
}

function told({ status, headers }: Response) {
  return [status, headers.get("content-length"), headers.get("content-range")];
}

test.each([
  [undefined, 200, "0123456789", null],
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-2", 206, "89", "bytes 8-9/10"],
  ["bytes=-200", 206, "0123456789", "bytes 0-9/10"],
  ["bytes=5-500", 206, "56789", "bytes 5-9/10"],
  ["bytes=1-2,4-5", 200, "0123456789", null],
] as const)("the range %s is answered with %i", async (...row) => {
  const [range, status, text, contentRange] = row;
  await using opened = await openApp();
  const answer = await opened.get("ten", range === undefined ? {} : { range });
  expect(told(answer)).toEqual([status, String(text.length), contentRange]);
  expect(await answer.text()).toBe(text);
  expect(answer.headers.get("accept-ranges")).toBe("bytes");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
});

test("a range that begins behind the end is 416, with the size", async () => {
  await using opened = await openApp();
  const answer = await opened.get("ten", { range: "bytes=10-" });
  expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  expect(await answer.json()).toMatchObject({ error: { code: "RANGE_NOT_SATISFIABLE", details: { sizeBytes: 10 } } });
});

test("of an empty file every range from its beginning is the whole", async () => {
  await using opened = await openApp();
  expect(told(await opened.get("none", { range: "bytes=0-5" }))).toEqual([200, "0", null]);
});

test("HEAD tells the size without the bytes", async () => {
  await using opened = await openApp();
  const answer = await opened.get("ten", {}, "HEAD");
  expect(told(answer)).toEqual([200, "10", null]);
  expect(await answer.text()).toBe("");
});

test("bad input is told before anything is written", async () => {
  await using opened = await openApp();
  const { app, id, domain } = opened;
  const put = async (query: string, headers: Record<string, string>) => {
    const answer = await app.request(`/v1/sandboxes/${id}/content${query}`, { method: "PUT", headers, body: "text" });
    return [answer.status, ((await answer.json()) as { error: { message: string } }).error.message];
  };
  expect(await put("?path=x", {})).toEqual([
    415,
    "The body's content type: expected application/octet-stream, got text/plain;charset=UTF-8.",
  ]);
  const type = { "content-type": OCTETS };
  expect(await put("", type)).toEqual([400, "path: expected a path in the query, got none."]);
  expect(await put("?path=x&mode=4755", type)).toEqual([
    400,
    'mode: expected three octal digits such as 0644: special bits cannot be set (got "4755").',
  ]);
  expect(await put("?path=../x", type)).toEqual([400, 'The path "../x" is not allowed: it contains `..`.']);
  expect(await put("?path=x", { ...type, "content-range": "bytes 0-3/4" })).toEqual([
    400,
    "content-range: expected no part of a file, but all of it.",
  ]);
  expect((await domain.platform.file.list({ id })).items.map(({ name }) => name)).toEqual(["none", "ten"]);
});
