import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { AUDIENCE, startTokenIssuer, type TokenIssuer } from "../../../test/fixtures/token-issuer.ts";
import { systemClock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { createIdentity } from "../../identity/identity.ts";
import type { Issuer } from "../../identity/issuer.ts";
import type { TrustedProxy } from "../../identity/proxy.ts";
import { readProxySecret } from "../../identity/secret-file.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER } from "./principal.ts";
import { nameOf } from "./token-user.ts";

function issuerOf({ url }: TokenIssuer, more: Partial<Issuer> = {}): Issuer {
  const checks = { audience: [AUDIENCE], clientId: [], algorithms: ["RS256"], userClaim: "sub", adoptUsers: false };
  return { issuer: url, ...checks, ...more };
}

/** The domain with a way in by tokens of these issuers, and by this proxy. */
function openAccess(issuers: readonly Issuer[], proxy?: TrustedProxy) {
  const lines: string[] = [];
  const write = (...given: unknown[]): void => void lines.push(JSON.stringify(given));
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  const at = { aheadMs: 0 };
  const clock = { ...systemClock, now: () => systemClock.now() + at.aheadMs };
  const domain = openMemoryDomain({ identity: createIdentity({ issuers, proxy }, clock), logger });
  const admit = createAdmit(domain.context);
  return {
    ...{ at, domain, lines, admin: domain.platformOf(LOCAL_USER) },
    enter: (bearer: string, again = false) => admit({ bearer, again }),
    by: (headers: Readonly<Record<string, string>>, again = false) =>
      admit({ bearer: undefined, header: (name) => headers[name.toLowerCase()], again }),
    [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose](),
  };
}

const refused = (message: string) => ({ code: "UNAUTHENTICATED", message });

describe("a token", () => {
  it("lets its user in, makes them a member at first sight, and shows them nobody else's", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer)]);
    const sub = "3b1f6c2e-8f2c-4a55-9a51-0d2b7a9b7c11";
    const token = await issuer.sign({ sub });
    const alice = await access.enter(token);
    expect(await alice.auth.whoami({})).toEqual({
      ...{ owner: sub, role: "member", scopes: null, agent: false, keyId: null, limits: null },
    });
    const { id } = await alice.sandbox.create({ name: "web" });
    const bob = await access.enter(await issuer.sign({ sub: "bob" }));
    await expect(bob.sandbox.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await bob.sandbox.list({})).items).toEqual([]);
    const again = await access.enter(await issuer.sign({ sub }));
    expect((await again.sandbox.list({})).items.map((item) => item.id)).toEqual([id]);
    expect(await access.admin.user.get({ name: sub })).toMatchObject({
      ...{ role: "member", disabledAt: null, identity: { issuer: issuer.url, subject: sub } },
    });
    expect((await access.admin.user.list({})).items.map(({ name }) => name)).toEqual([sub, "bob"]);
    expect(access.lines.join("\n")).toContain(sub);
    for (const part of token.split(".")) expect(access.lines.join("\n")).not.toContain(part);
  });

  it("is refused with the check that failed, where there is no issuer, and once its user is disabled", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer)]);
    const token = await issuer.sign();
    await expect(access.enter(await issuer.sign({ aud: "wiki" }))).rejects.toMatchObject(
      refused(`The token is for the audience "wiki", expected "${AUDIENCE}".`),
    );
    expect((await access.admin.user.list({})).items).toEqual([]);
    await access.enter(token);
    const { disabledAt } = await access.admin.user.update({ name: "alice", disabled: true });
    await expect(access.enter(token)).rejects.toMatchObject(
      refused(`The user "alice" is disabled since ${disabledAt}.`),
    );
    await using closed = openAccess([]);
    await expect(closed.enter(token)).rejects.toMatchObject(
      refused("The request shows a token, and no identity provider is trusted here."),
    );
  });

  it("is nobody's whom an administrator has added, unless that is what was decided", async () => {
    await using issuer = await startTokenIssuer();
    await using strict = openAccess([issuerOf(issuer)]);
    await strict.admin.user.create({ name: "alice", role: "admin" });
    const token = await issuer.sign();
    await expect(strict.enter(token)).rejects.toMatchObject(
      refused(`There is a user "alice" whom an administrator has added, and who is nobody of ${issuer.url}.`),
    );
    await using adopting = openAccess([issuerOf(issuer, { adoptUsers: true })]);
    await adopting.admin.user.create({ name: "alice", role: "viewer" });
    expect(await (await adopting.enter(token)).auth.whoami({})).toMatchObject({ owner: "alice", role: "viewer" });
    // From then on it is this subject alone.
    expect((await adopting.admin.user.get({ name: "alice" })).identity).toEqual({
      ...{ issuer: issuer.url, subject: "alice" },
    });
  });

  it("is never the user of this machine", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer, { adoptUsers: true })]);
    const entered = await access.enter(await issuer.sign({ sub: LOCAL_USER }));
    const { owner, role } = await entered.auth.whoami({});
    expect({ owner, role }).toEqual({ owner: expect.stringMatching(/^u-[0-9a-f]{32}$/) as string, role: "member" });
  });

  it("is not another subject's that is called alike", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer, { userClaim: "nick" })]);
    await access.enter(await issuer.sign({ sub: "1", nick: "alice" }));
    await expect(access.enter(await issuer.sign({ sub: "2", nick: "alice" }))).rejects.toMatchObject(
      refused(`There is a user "alice" already, who is somebody else than this subject of ${issuer.url}.`),
    );
  });

  it("of another issuer is another user's, though its subject is called alike", async () => {
    await using one = await startTokenIssuer();
    await using two = await startTokenIssuer();
    await using access = openAccess([issuerOf(one, { prefix: "one" }), issuerOf(two, { prefix: "two" })]);
    const first = await access.enter(await one.sign());
    const second = await access.enter(await two.sign());
    const { id } = await first.sandbox.create({});
    await expect(second.sandbox.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await access.admin.user.list({})).items.map(({ name }) => name)).toEqual(["one-alice", "two-alice"]);
    // The same without prefixes, as after a change of the settings: whoever was first keeps the name.
    await using bare = openAccess([issuerOf(one), issuerOf(two)]);
    await bare.enter(await one.sign());
    await expect(bare.enter(await two.sign())).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("says each time which role its user has, where the issuer knows roles", async () => {
    await using issuer = await startTokenIssuer();
    const roleFrom = { claim: "groups", admin: ["ops"], viewer: ["guests"] };
    await using access = openAccess([issuerOf(issuer, { roleFrom })]);
    const admin = await access.enter(await issuer.sign({ groups: ["ops"] }));
    expect((await admin.user.list({})).items).toMatchObject([{ name: "alice", role: "admin" }]);
    const viewer = await access.enter(await issuer.sign({ groups: ["guests"] }));
    await expect(viewer.sandbox.create({})).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await access.admin.user.get({ name: "alice" })).toMatchObject({ role: "viewer" });
  });

  it("leaves an entry in the audit log where it makes, adopts or changes its user, and none otherwise", async () => {
    await using issuer = await startTokenIssuer();
    const roleFrom = { claim: "groups", admin: ["ops"], viewer: ["guests"] };
    await using access = openAccess([issuerOf(issuer, { roleFrom, adoptUsers: true })]);
    await access.admin.user.create({ name: "bob", role: "viewer" });
    const shown = [{ groups: ["ops"] }, { groups: ["guests"] }, { groups: ["guests"] }, { sub: "bob", groups: [] }];
    for (const claims of shown) await access.enter(await issuer.sign(claims));
    const by = (subject: string) => ({
      ...{ operation: "change", outcome: "done", owner: subject, user: subject, agent: false, key: null },
      via: { issuer: issuer.url, subject },
    });
    const [added, ...items] = (await access.admin.audit.list({})).items.toReversed();
    expect(added).toMatchObject({ owner: LOCAL_USER, change: "user.create", via: null });
    expect(items).toMatchObject([
      { ...by("alice"), change: "user.create", subject: { name: "alice", role: "admin" } },
      { ...by("alice"), change: "user.update", subject: { name: "alice", role: "viewer" } },
      { ...by("bob"), change: "user.update", subject: { name: "bob", role: "member" } },
    ]);
  });

  it("that is asked about again is refused once it has expired, and undoes nothing that a newer one has said", async () => {
    await using issuer = await startTokenIssuer();
    const roleFrom = { claim: "groups", admin: ["ops"], viewer: ["guests"] };
    await using access = openAccess([issuerOf(issuer, { roleFrom })]);
    const older = await issuer.sign({ groups: ["ops"] });
    await access.enter(older);
    await access.enter(await issuer.sign({ groups: ["guests"] }));
    const written = access.lines.length;
    expect(await (await access.enter(older, true)).auth.whoami({})).toMatchObject({ role: "admin" });
    expect(access.lines.slice(written)).toEqual([]);
    expect(await access.admin.user.get({ name: "alice" })).toMatchObject({ role: "viewer" });
    access.at.aheadMs = 2 * 3_600_000;
    await expect(access.enter(older, true)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

test("the same person is always called the same, by the claim where it can be a name, and else by a hash", () => {
  const source = (issuer: string, prefix?: string) => ({ issuer, prefix, adoptUsers: false });
  const [one, two] = [source("https://one.example"), source("https://two.example")];
  expect(nameOf({ source: one, called: "107812345678901234567" })).toBe("107812345678901234567");
  expect(nameOf({ source: source("https://one.example", "g"), called: "alice" })).toBe("g-alice");
  const names = [
    nameOf({ source: one, called: "Alice" }),
    nameOf({ source: one, called: "auth0|1" }),
    nameOf({ source: two, called: "auth0|1" }),
    nameOf({ source: one, called: "alice.builder" }),
    nameOf({ source: one, called: LOCAL_USER }),
    nameOf({ source: one, called: "a".repeat(64) }),
  ];
  for (const name of names) expect(name).toMatch(/^u-[0-9a-f]{32}$/);
  expect(new Set(names).size).toBe(names.length);
  expect(nameOf({ source: one, called: "auth0|1" })).toBe(names[1]);
});

describe("auth.check", () => {
  it("tells each check, whom the token would let in, and makes nobody a user", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer)]);
    const token = await issuer.sign();
    const good = await access.admin.auth.check({ token });
    expect(good).toMatchObject({ ok: true, owner: "alice", role: "member" });
    expect(good.checks.at(-1)?.told).toBe("The token lets in alice as member, who has not been here before.");
    expect((await access.admin.user.list({})).items).toEqual([]);
    const bad = await access.admin.auth.check({ token: await issuer.sign({ aud: "wiki", exp: 1 }) });
    expect(bad).toMatchObject({ ok: false, owner: null, role: null });
    expect(bad.checks.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(["audience", "time"]);
    await access.admin.user.create({ name: "alice" });
    const taken = await access.admin.auth.check({ token });
    expect(taken.checks.at(-1)).toMatchObject({ check: "owner", ok: false });
    expect(JSON.stringify([good, bad, taken])).not.toContain(token.slice(0, 20));
  });

  it("is for tokens of one's own, and shows none that is refused", async () => {
    await using issuer = await startTokenIssuer();
    await using access = openAccess([issuerOf(issuer)]);
    const token = await issuer.sign();
    const alice = await access.enter(token);
    expect(await alice.auth.check({ token })).toMatchObject({ ok: true, owner: "alice" });
    await expect(alice.auth.check({ token: await issuer.sign({ sub: "bob" }) })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    const long = `${token}${"x".repeat(20_000)}`;
    await expect(access.admin.auth.check({ token: long })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "auth.check: token: expected at most 20000 characters.",
    });
  });
});

describe("a trusted proxy", () => {
  const header = "x-cognito-user-id";
  const proofHeader = "x-moorage-proxy";
  const users = { issuer: "proxy", adoptUsers: false };
  const noProof = refused("This needs an API key, and the request shows none.");

  async function secretFile(text: string, mode = 0o600) {
    const directory = await mkdtemp(join(tmpdir(), "moorage-proxy-"));
    const path = join(directory, "secret");
    await writeFile(path, text);
    await chmod(path, mode);
    return { path, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  }

  it("is believed whom a request is of when it shows the secret, and nobody else is", async () => {
    const secret = "0123456789abcdef0123456789abcdef";
    await using file = await secretFile(`${secret}\n`);
    const proof = { secret: await readProxySecret(file.path) };
    await using access = openAccess([], { header, proofHeader, users, proof });
    const good = { [header]: "alice", [proofHeader]: secret };
    expect(await (await access.by(good)).auth.whoami({})).toMatchObject({ owner: "alice", role: "member" });
    for (const bad of [
      { [header]: "alice" },
      { [proofHeader]: secret },
      { ...good, [proofHeader]: `${secret}x` },
      { ...good, [proofHeader]: "" },
      { ...good, [header]: "alice, bob" },
      { ...good, [header]: "" },
      { ...good, [proofHeader]: `${secret}, ${secret}` },
      { ...good, [header]: "x".repeat(1001) },
    ]) {
      await expect(access.by(bad)).rejects.toMatchObject(noProof);
    }
    expect((await access.admin.user.list({})).items.map(({ name }) => name)).toEqual(["alice"]);
    expect(access.lines.join("\n")).not.toContain(secret);
    // Once a minute at most, however many there are.
    expect(access.lines.filter((line) => line.includes("identity.proxy"))).toEqual([
      expect.stringContaining(`with ${header}, but without ${proofHeader}`) as string,
    ]);
    await (await access.by(good)).network.ensure({ name: "net" });
    expect((await access.admin.audit.list({})).items).toMatchObject([
      { change: "network.ensure", user: "alice", key: null, via: { issuer: "proxy", subject: "alice" } },
      { change: "user.create", user: "alice", key: null, via: { issuer: "proxy", subject: "alice" } },
    ]);
  });

  it("is believed when it shows a token of its own, and no user is who shows theirs", async () => {
    await using issuer = await startTokenIssuer();
    const proof = { signer: issuerOf(issuer), subject: "edge" };
    await using access = openAccess([], { header, proofHeader, users, proof });
    const by = async (claims: object) =>
      access.by({ [header]: "root", [proofHeader]: await issuer.sign({ ...claims }) });
    expect(await (await by({ sub: "edge" })).auth.whoami({})).toMatchObject({ owner: "root" });
    await expect(by({ sub: "alice" })).rejects.toMatchObject(noProof);
    await expect(by({ sub: "edge", exp: 1 })).rejects.toMatchObject(noProof);
    await expect(by({ sub: "edge", aud: "wiki" })).rejects.toMatchObject(noProof);
  });

  it("need not prove again what it has sent, however old its proof has grown; who is disabled goes", async () => {
    await using issuer = await startTokenIssuer();
    const proof = { signer: issuerOf(issuer), subject: "edge" };
    await using access = openAccess([], { header, proofHeader, users, proof });
    const shown = { [header]: "root", [proofHeader]: await issuer.sign({ sub: "edge" }) };
    await access.by(shown);
    access.at.aheadMs = 2 * 3_600_000;
    await expect(access.by(shown)).rejects.toMatchObject(noProof);
    expect(await (await access.by(shown, true)).auth.whoami({})).toMatchObject({ owner: "root" });
    await access.admin.user.update({ name: "root", disabled: true });
    await expect(access.by(shown, true)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("names the same user as a token of the issuer whose users it names", async () => {
    await using issuer = await startTokenIssuer();
    await using own = await startTokenIssuer();
    const trusted = issuerOf(issuer);
    const proof = { signer: issuerOf(own), subject: "edge" };
    await using access = openAccess([trusted], { header, proofHeader, users: trusted, proof });
    const { id } = await (await access.enter(await issuer.sign())).sandbox.create({});
    const shown = { [header]: "alice", [proofHeader]: await own.sign({ sub: "edge" }) };
    expect(await (await access.by(shown)).sandbox.get({ id })).toMatchObject({ id });
  });

  it("shares no secret that others can read, or guess", async () => {
    const cases: [string, number, string][] = [
      ["a".repeat(32), 0o640, "expected the mode 0600, got 0640"],
      ["a".repeat(31), 0o600, "expected at least 32 bytes, got 31"],
      ["a".repeat(1001), 0o600, "expected at most 1000 bytes, got 1001"],
      [`${"a".repeat(32)}\n${"b".repeat(32)}`, 0o600, "expected one line of visible ASCII without commas"],
    ];
    for (const [text, mode, told] of cases) {
      await using file = await secretFile(text, mode);
      await expect(readProxySecret(file.path)).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining(`identity.proxy.secretFile: "${file.path}": ${told}`) as string,
      });
    }
    await expect(readProxySecret("/nowhere/secret")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
