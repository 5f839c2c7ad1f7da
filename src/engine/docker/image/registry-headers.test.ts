import { expect, test } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { authHeader } from "./registry-headers.ts";

const host = "registry.example:5000";

const read = (header: string): unknown => JSON.parse(Buffer.from(header, "base64url").toString());

test.each([
  [
    { host, username: "ann", password: new Secret("p") },
    { username: "ann", password: "p", serveraddress: host },
  ],
  [
    { host, identityToken: new Secret("i") },
    { identitytoken: "i", serveraddress: host },
  ],
  [
    { host, registryToken: new Secret("r") },
    { registrytoken: "r", serveraddress: host },
  ],
  [undefined, {}],
])("what is shown to a registry is what the engine reads: %j", (auth, expected) => {
  expect(read(authHeader(auth)["x-registry-auth"] ?? "")).toEqual(expected);
});

test("it is written in the alphabet for URLs, filled up to whole groups", () => {
  for (const password of ["~~~~", "???", "ÿÿ", "a", "ab", "abc"]) {
    const header = authHeader({ host, username: "ann", password: new Secret(password) })["x-registry-auth"] ?? "";
    expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/);
    expect(header.length % 4).toBe(0);
    expect(read(header)).toMatchObject({ password });
  }
});
