import { createHmac } from "node:crypto";
import { exportSPKI, importJWK, type CryptoKey } from "jose";
import { describe, expect, it } from "vitest";
import { AUDIENCE, startTokenIssuer, type TokenIssuer } from "../../test/fixtures/token-issuer.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { createIdentity } from "./identity.ts";
import type { Issuer } from "./issuer.ts";

const COOL_DOWN_MS = 10_001;
const SOON_STALE_MS = 600_001;
const TOO_STALE_MS = 3_600_001;

/** An identity that trusts the issuer, and a clock that can be put forward. */
async function opened(settings: Partial<Issuer> = {}) {
  const issuer = await startTokenIssuer();
  const ahead = { ms: 0 };
  const clock: Clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + ahead.ms };
  const trusted = { issuer: issuer.url, audience: [AUDIENCE], clientId: [], algorithms: ["RS256"], userClaim: "sub" };
  const identity = createIdentity(
    { issuers: [{ ...trusted, adoptUsers: false, ...settings }], proxy: undefined },
    clock,
  );
  return {
    ...{ issuer, ahead, identity },
    /** What is told of the first check that fails; undefined: none does. */
    failure: async (token: string): Promise<string | undefined> => {
      const { checks, person } = await identity.examine(token);
      const failed = checks.find(({ ok }) => !ok);
      expect(person === undefined).toBe(failed !== undefined);
      expect(failed?.told ?? "").not.toContain(token.slice(0, 30));
      return failed?.told;
    },
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}

const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
const iso = (second: number): string => new Date(second * 1000).toISOString();
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a token", () => {
  it.each(["RS256", "PS256", "ES256", "EdDSA"])("is good that is signed by %s", async (algorithm) => {
    await using given = await opened({ algorithms: [algorithm] });
    given.issuer.keys.push(await given.issuer.newKey(algorithm));
    const { checks, person } = await given.identity.examine(await given.issuer.sign({ sub: "a-1" }));
    expect(checks.map(({ check, ok }) => `${check} ${ok}`)).toEqual(
      ["form", "issuer", "algorithm", "signature", "audience", "time", "user"].map((check) => `${check} true`),
    );
    expect(person).toMatchObject({ subject: "a-1", called: "a-1", role: undefined });
  });

  it("is refused without a signature, however its algorithm is spelled", async () => {
    await using given = await opened();
    const [, payload = ""] = (await given.issuer.sign()).split(".");
    for (const alg of ["none", "None", "NONE"]) {
      const unsigned = `${part({ alg, typ: "JWT" })}.${payload}.`;
      expect(await given.failure(unsigned)).toBe(`The token's algorithm is "${alg}", expected RS256.`);
    }
  });

  it("is refused when it is signed by HS256 with the public key as the secret", async () => {
    await using given = await opened();
    const [{ jwk, kid } = { jwk: {}, kid: "" }] = given.issuer.keys;
    const pem = await exportSPKI((await importJWK({ ...jwk, ext: true }, "RS256")) as CryptoKey);
    const [, payload = ""] = (await given.issuer.sign()).split(".");
    const signed = `${part({ alg: "HS256", kid, typ: "JWT" })}.${payload}`;
    const forged = `${signed}.${createHmac("sha256", pem).update(signed).digest("base64url")}`;
    expect(await given.failure(forged)).toBe(`The token's algorithm is "HS256", expected RS256.`);
  });

  it("is refused whose payload, signature or key is another's", async () => {
    await using given = await opened();
    const token = await given.issuer.sign({ sub: "alice" });
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const wrong = "The token's signature is not right.";
    expect(await given.failure(`${header}.${part({ ...claims, sub: "root" })}.${signature}`)).toBe(wrong);
    expect(await given.failure(`${header}.${payload}.${"A".repeat(signature.length)}`)).toBe(wrong);
    expect(await given.failure(`${header}.${payload}.`)).toBe(wrong);
    const [{ kid } = { kid: "" }] = given.issuer.keys;
    const stranger = await given.issuer.newKey();
    expect(await given.failure(await given.issuer.sign({}, { key: stranger, header: { kid } }))).toBe(wrong);
    expect(await given.failure(await given.issuer.sign({}, { key: stranger }))).toBe(
      `The token is signed by the key "${stranger.kid}", which is none of ${given.issuer.url}.`,
    );
  });

  it("is refused of an issuer that is not trusted, and nobody is asked for its keys", async () => {
    await using given = await opened();
    const token = await given.issuer.sign({ iss: "https://evil.example" });
    expect(await given.failure(token)).toBe(
      `The token is of the issuer "https://evil.example", which is none of those that are trusted here.`,
    );
    expect(await given.failure(await given.issuer.sign({ iss: `${given.issuer.url}/` }))).toContain("none of those");
    expect(given.issuer.asked()).toBe(0);
  });

  it("is refused before its time, after it, and without a time", async () => {
    await using given = await opened();
    const { sign } = given.issuer;
    const [past, future] = [seconds(-120), seconds(120)];
    const untimed = { exp: undefined };
    expect(await given.failure(await sign({ exp: past }))).toContain(`The token expired at ${iso(past)}; it is `);
    expect(await given.failure(await sign({ nbf: future }))).toContain(
      `The token is not valid before ${iso(future)}; it is `,
    );
    expect(await given.failure(await sign({ iat: future }))).toContain(
      `The token says that it was issued at ${iso(future)}, later than now, `,
    );
    expect(await given.failure(await sign(untimed))).toBe("The token has no exp, which is required.");
    expect(await given.failure(await sign({ iat: undefined }))).toBe("The token has no iat, which is required.");
    expect(await given.failure(await sign({ exp: "never" }))).toBe(
      `The token's exp is "never", expected seconds since 1970.`,
    );
    expect(await given.failure(await sign({ exp: 1e300 }))).toContain("expected seconds since 1970.");
    // Clocks are never quite alike.
    expect(await given.failure(await sign({ exp: seconds(-10), nbf: seconds(10) }))).toBeUndefined();
  });

  it("is refused that was made for somebody else", async () => {
    await using given = await opened({ audience: [AUDIENCE, "other"] });
    expect(await given.failure(await given.issuer.sign({ aud: "wiki" }))).toBe(
      `The token is for the audience "wiki", expected "${AUDIENCE}" or "other".`,
    );
    expect(await given.failure(await given.issuer.sign({ aud: undefined }))).toContain("audience nothing");
    expect(await given.failure(await given.issuer.sign({ aud: ["wiki", "other"] }))).toBeUndefined();
  });

  it("of Cognito is let in as an access token, and refused as an ID token", async () => {
    await using given = await opened({ audience: [], clientId: ["app1"], tokenUse: "access" });
    const { sign } = given.issuer;
    const access = { aud: undefined, client_id: "app1", token_use: "access" };
    expect(await given.failure(await sign(access))).toBeUndefined();
    expect(await given.failure(await sign({ aud: "app1", token_use: "id" }))).toBe(
      `The token has the token_use "id", expected "access".`,
    );
    expect(await given.failure(await sign({ ...access, client_id: "app2" }))).toBe(
      `The token is for the client "app2", expected "app1".`,
    );
  });

  it("is refused that does not say whose it is", async () => {
    await using given = await opened({ userClaim: "email" });
    const { sign } = given.issuer;
    expect(await given.failure(await sign({ sub: undefined }))).toBe("The token has no sub, which is required.");
    expect(await given.failure(await sign())).toBe("The token has no email, which is required.");
    expect(await given.failure(await sign({ email: 7 }))).toBe(
      "The token's email is 7, expected a text of 1 to 1000 characters.",
    );
    expect(await given.failure(await sign({ email: "a@example.org" }))).toBeUndefined();
  });

  it("is refused in a form that no signed JWT has", async () => {
    await using given = await opened();
    const token = await given.issuer.sign();
    const [header = "", payload = "", signature = ""] = token.split(".");
    expect(await given.failure(`${token}.a.b`)).toBe("The token has 5 parts, expected the three of a signed JWT.");
    expect(await given.failure(`e30=.${payload}.${signature}`)).toBe(
      "The token's header is no JSON object in base64url.",
    );
    expect(await given.failure(`${header}.${Buffer.from("[]").toString("base64url")}.${signature}`)).toBe(
      "The token's payload is no JSON object in base64url.",
    );
    expect(await given.failure("a.".repeat(10_000))).toBe("The token has 20000 characters, expected at most 16384.");
    expect(await given.failure(await given.issuer.sign({}, { header: { typ: "logout+jwt" } }))).toBe(
      `The token is of the type "logout+jwt", expected JWT or at+jwt.`,
    );
    const critical = `${part({ alg: "RS256", crit: ["b64"], b64: false })}.${payload}.${signature}`;
    expect(await given.failure(critical)).toBe(`The token asks for the extensions ["b64"], and none is known here.`);
  });

  it("says the role of its user by a claim, also one that lies deeper or has dots", async () => {
    const roleOf = async (claim: string, claims: object) => {
      await using given = await opened({ roleFrom: { claim, admin: ["ops"], viewer: ["guests"] } });
      return (await given.identity.examine(await given.issuer.sign({ ...claims }))).person?.role;
    };
    expect(await roleOf("cognito:groups", { "cognito:groups": ["a", "ops"] })).toBe("admin");
    expect(await roleOf("realm_access.roles", { realm_access: { roles: ["guests"] } })).toBe("viewer");
    expect(await roleOf("https://example.org/roles", { "https://example.org/roles": "ops" })).toBe("admin");
    expect(await roleOf("groups", { groups: ["staff"] })).toBe("member");
    expect(await roleOf("groups", { groups: [["ops"], { ops: true }] })).toBe("member");
  });
});

describe("the keys of an issuer", () => {
  it("are asked for once for many tokens, and again for a key that is new, though not each time", async () => {
    await using given = await opened();
    const { issuer, ahead } = given;
    const tokens = await Promise.all(Array.from({ length: 5 }, () => issuer.sign()));
    expect(await Promise.all(tokens.map((token) => given.failure(token)))).toEqual(tokens.map(() => undefined));
    expect(issuer.asked()).toBe(1);
    issuer.keys.push(await issuer.newKey());
    const rotated = await issuer.sign();
    expect(await given.failure(rotated)).toContain("which is none of");
    ahead.ms = COOL_DOWN_MS;
    expect(await given.failure(rotated)).toBeUndefined();
    expect(issuer.asked()).toBe(2);
    const stranger = await issuer.newKey();
    for (let round = 0; round < 5; round += 1) {
      expect(await given.failure(await issuer.sign({}, { key: stranger }))).toContain("which is none of");
    }
    expect(issuer.asked()).toBe(2);
  });

  it("work no more once the issuer has withdrawn them", async () => {
    await using given = await opened();
    const token = await given.issuer.sign();
    expect(await given.failure(token)).toBeUndefined();
    given.issuer.keys.splice(0, 1, await given.issuer.newKey());
    given.ahead.ms = SOON_STALE_MS;
    expect(await given.failure(token)).toContain("which is none of");
  });

  it("stay in use for an hour while the issuer does not answer", async () => {
    await using given = await opened();
    const token = await given.issuer.sign();
    expect(await given.failure(token)).toBeUndefined();
    given.issuer.answering.with = (response) => response.writeHead(503).end();
    given.ahead.ms = SOON_STALE_MS;
    expect(await given.failure(token)).toBeUndefined();
    given.ahead.ms = TOO_STALE_MS;
    expect(await given.failure(token)).toBe(
      `The keys of ${given.issuer.url} cannot be had now: ${given.issuer.url}/keys answers with status 503, expected 200.`,
    );
  });

  const faults: [string, string, NonNullable<TokenIssuer["answering"]["with"]>][] = [
    ["are too many", "answers with more than 262144 bytes", (response) => response.end("x".repeat(300_000))],
    ["are no JSON", "answers with something that is no JSON", (response) => response.end("<html>")],
    ["are no keys", "answers with something that is no JSON Web Key Set", (response) => response.end("[]")],
    [
      "are elsewhere",
      "answers with status 302, expected 200",
      (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    ],
    ["break off", "does not answer (UND_ERR_SOCKET)", (response) => response.destroy()],
    ["come too slowly", "does not answer within 5000 ms", (response) => response.write("{")],
  ];
  it.each(faults)("let nobody in when they %s", async (_name, told, answer) => {
    await using given = await opened();
    const { issuer } = given;
    issuer.answering.with = answer;
    const token = await issuer.sign();
    const message = `The keys of ${issuer.url} cannot be had now: ${issuer.url}/keys ${told}.`;
    expect(await given.failure(token)).toBe(message);
    // Asked again only after a while.
    expect(await given.failure(token)).toBe(message);
    expect(issuer.asked()).toBe(1);
    issuer.answering.with = undefined;
    given.ahead.ms = COOL_DOWN_MS;
    expect(await given.failure(token)).toBeUndefined();
  });

  it("let nobody in whose discovery is of another issuer, or that cannot be reached", async () => {
    const gone = await startTokenIssuer();
    await gone[Symbol.asyncDispose]();
    await using given = await opened({ issuer: gone.url });
    expect(await given.failure(await given.issuer.sign({ iss: gone.url }))).toBe(
      `The keys of ${gone.url} cannot be had now: ${gone.url}/.well-known/openid-configuration does not answer (ECONNREFUSED).`,
    );
    const localhost = given.issuer.url.replace("127.0.0.1", "localhost");
    await using other = await opened({ issuer: localhost });
    const alias = other.issuer.url.replace("127.0.0.1", "localhost");
    await using third = await opened({ issuer: alias });
    expect(await third.failure(await third.issuer.sign({ iss: alias }))).toBe(
      `The keys of ${alias} cannot be had now: ${alias}/.well-known/openid-configuration is of the issuer "${other.issuer.url}", expected "${alias}".`,
    );
  });
});
