import { expect, test } from "vitest";
import { Configuration } from "./configuration.ts";

const cognito = { issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", clientId: ["app1"] };
const google = { issuer: "https://accounts.google.com", audience: ["app2"] };
const proxy = { header: "X-Cognito-User-Id", secretFile: "/etc/moorage/proxy" };

function told(identity: object): string[] {
  const { error } = Configuration.safeParse({ identity });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

test("issuers and a proxy are taken as they are documented", () => {
  expect(told({ issuers: [cognito] })).toEqual([]);
  expect(told({ issuers: [{ ...google, issuer: "http://127.0.0.1:8080" }] })).toEqual([]);
  expect(told({ issuers: [cognito], proxy: { ...proxy, usersOf: cognito.issuer } })).toEqual([]);
  expect(Configuration.parse({ identity: { proxy } }).identity.proxy).toMatchObject({
    ...{ header: "x-cognito-user-id", proofHeader: "x-moorage-proxy" },
  });
});

const AUDIENCE = "expected audience or clientId: tokens that were made for others must not open this server";
const URL = "expected an https URL without a password, or an http one of localhost";
const SEVERAL = "expected a prefix, for there are several whose users could be called alike";
const OWN = "expected a prefix of its own, with which no other's begins";

test.each<[object, string[]]>([
  [{ issuers: [{ issuer: google.issuer }] }, [`identity.issuers.0: ${AUDIENCE}`]],
  [{ issuers: [{ ...google, issuer: "http://issuer.example" }] }, [`identity.issuers.0.issuer: ${URL}`]],
  [{ issuers: [{ ...google, issuer: "http://127.0.0.1.evil.example" }] }, [`identity.issuers.0.issuer: ${URL}`]],
  [{ issuers: [{ ...google, jwksUri: "http://issuer.example/k" }] }, [`identity.issuers.0.jwksUri: ${URL}`]],
  [{ issuers: [cognito, google] }, [`identity.issuers.0.prefix: ${SEVERAL}`, `identity.issuers.1.prefix: ${SEVERAL}`]],
  [
    {
      issuers: [
        { ...cognito, prefix: "a" },
        { ...google, prefix: "a-b" },
      ],
    },
    [`identity.issuers.1.prefix: ${OWN} (got "a-b")`],
  ],
  [{ issuers: [{ ...google, prefix: "g" }], proxy }, [`identity.proxy.prefix: ${SEVERAL}`]],
  [{ proxy: { header: "x-user" } }, ["identity.proxy: expected exactly one of secretFile and token"]],
  [
    { proxy: { ...proxy, header: "host" } },
    ["identity.proxy.header: expected the name of a header that begins with x-"],
  ],
  [
    { issuers: [cognito], proxy: { ...proxy, usersOf: google.issuer } },
    ["identity.proxy.usersOf: expected one of the issuers, whose userClaim is sub"],
  ],
])("%j is refused", (identity, expected) => {
  expect(told(identity)).toEqual(expected);
});

test.each(["HS256", "none", "dir"])("tokens that are signed by %s are never to be trusted", (algorithm) => {
  const [first] = told({ issuers: [{ ...google, algorithms: [algorithm] }] });
  expect(first).toContain("identity.issuers.0.algorithms.0: ");
});

const login = { issuer: cognito.issuer, clientId: "app1", url: "https://moorage.example.org" };

test("a sign-in is by one of the issuers, and comes back to one origin", () => {
  const issuers = [cognito];
  expect(told({ issuers, login })).toEqual([]);
  expect(told({ login })).toEqual([`identity.login.issuer: expected one of the issuers, got ${cognito.issuer}`]);
  const origin = "identity.login.url: expected an origin alone, such as https://moorage.example.org";
  expect(told({ issuers, login: { ...login, url: "https://moorage.example.org/x" } })).toEqual([origin]);
  expect(told({ issuers, login: { ...login, url: "http://moorage.example.org" } })).toEqual([
    `identity.login.url: ${URL}`,
  ]);
  const scopes = "identity.login.scopes: expected openid to be among them";
  expect(told({ issuers, login: { ...login, scopes: ["email"] } })).toEqual([scopes]);
});
