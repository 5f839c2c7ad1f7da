import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { listOperations } from "../../contracts/platform.ts";
import { createOpenApi } from "../openapi.ts";
import { createApiFixture } from "../testing/api-fixture.ts";
import { docsPage, routesOf } from "./docs-page.ts";
import { markup } from "./markup.ts";
import { curlOf } from "./operation-html.ts";

const document = createOpenApi("1.2.3");
const page = docsPage(document, "1.2.3");
const routes = routesOf(document);

test("the page is shown without a key, under a policy that lets nothing but its own style in", async () => {
  const { app } = createApiFixture();
  const response = await app.request("/docs");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const body = await response.text();
  const [, style = ""] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  expect(response.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(style.length).toBeGreaterThan(1000);
  expect(body).not.toMatch(/<script|<link|<img|style="|\son\w+="|@import|url\(/);
});

test("every operation, schema and error is there, and every link leads somewhere", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operation } of routes) expect(ids).toContain(operation.operationId);
  for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  expect([...page.matchAll(/href="([^#"][^"]*)"/g)].map(([, url]) => url)).toEqual(["/openapi.json"]);
});

test("nothing of it is undefined, an object or unescaped", () => {
  expect(page).not.toMatch(/undefined|\[object|\bNaN\b/);
  expect(markup`<p title="${'"'}">${"<script>&'"}</p>`.html).toBe('<p title="&quot;">&lt;script&gt;&amp;&#39;</p>');
});

test.each(listOperations().map((named) => [named.name, named.operation] as const))(
  "the example of %s is what the operation takes",
  (name, operation) => {
    const route = routes.find(({ operation: { operationId } }) => operationId === name.replace(".", "_"));
    if (route === undefined) throw new Error(`${name} is not there.`);
    const curl = curlOf(route, document);
    expect(curl).toContain('-H "authorization: Bearer $MOORAGE_KEY"');
    const [, target = ""] = /"\$MOORAGE_URL([^"]+)"/.exec(curl) ?? [];
    const { pathname, searchParams } = new URL(target, "http://moorage.example");
    const names = [...operation.http.path.matchAll(/\{(\w+)\}/g)].map(([, field = ""]) => field);
    const pattern = new RegExp(`^${operation.http.path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
    const values = (pattern.exec(pathname) ?? []).slice(1).map(decodeURIComponent);
    const inPath = Object.fromEntries(names.map((field, index) => [field, values[index]]));
    const [, body = "{}"] = /-d '(.*)'$/s.exec(curl) ?? [];
    const given = JSON.parse(body.replaceAll(String.raw`'\''`, "'")) as object;
    const input = { ...inPath, ...Object.fromEntries(searchParams), ...given };
    expect(operation.input.safeParse(input).error?.issues).toBeUndefined();
  },
);
