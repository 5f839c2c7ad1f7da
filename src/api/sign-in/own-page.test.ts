import { expect, test } from "vitest";
import { cookieOf, SESSION_COOKIE } from "./cookies.ts";
import { formToken, isFormToken, sessionOf } from "./own-page.ts";

const origin = "https://moorage.example.org";
const cookie = `${SESSION_COOKIE}=secret`;

function shown(method: string, headers: Readonly<Record<string, string>>): string | undefined {
  return sessionOf(new Request(`${origin}/v1/keys`, { method, headers: { cookie, ...headers } }), origin);
}

const csrf = { "x-moorage-csrf": "1" };
const sameOrigin = { "sec-fetch-site": "same-origin" };

test.each<[string, Record<string, string>]>([
  ["GET", sameOrigin],
  ["GET", csrf],
  ["GET", { origin }],
  ["POST", { origin, ...csrf }],
  ["DELETE", { origin, ...sameOrigin, ...csrf }],
])("a %s with %j is of a page of this server", (method, headers) => {
  expect(shown(method, headers)).toBe("secret");
});

test.each<[string, Record<string, string>]>([
  ["GET", {}],
  ["GET", { "sec-fetch-site": "cross-site" }],
  ["GET", { "sec-fetch-site": "same-site", ...csrf }],
  ["GET", { "sec-fetch-site": "none", "sec-fetch-dest": "document" }],
  ["GET", { ...sameOrigin, "sec-fetch-dest": "iframe" }],
  ["POST", csrf],
  ["POST", { origin }],
  ["POST", { origin, ...sameOrigin }],
  ["POST", { origin: "null", ...csrf }],
  ["POST", { origin: "https://evil.example", ...csrf }],
  ["POST", { origin: "http://moorage.example.org", ...csrf }],
  ["PUT", { origin, "sec-fetch-site": "cross-site", ...csrf }],
])("a %s with %j proves nothing", (method, headers) => {
  expect(() => shown(method, headers)).toThrow("The request is not taken by the browser's session: ");
});

test.each(["moorage=secret", "__host-moorage=secret", "__Host-Moorage=secret", "x__Host-moorage=secret", ""])(
  "the cookie %j is no session",
  (given) => {
    expect(shown("POST", { cookie: given })).toBeUndefined();
  },
);

test("two cookies of one name are refused", () => {
  const request = new Request(origin, { headers: { cookie: `${cookie}; ${SESSION_COOKIE}=other` } });
  expect(() => cookieOf(request, SESSION_COOKIE)).toThrow("The request has 2 cookies __Host-moorage, expected one.");
});

test("a form's token is of its session alone", () => {
  expect(isFormToken(formToken("secret"), "secret")).toBe(true);
  for (const other of [formToken("other"), "", null]) expect(isFormToken(other, "secret")).toBe(false);
});
