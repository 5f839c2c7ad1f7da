import { describe, expect, it, test } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { KeyCreate } from "../../contracts/types.ts";
import { createAdmit } from "./admit.ts";
import { firstKey } from "./first-key.ts";
import { LOCAL_USER } from "./principal.ts";

const IN_THE_PAST = "1970-01-01T00:00:00.000Z";

/** The domain with users alice (member) and victor (viewer), and a way in by new keys. */
async function openAccess() {
  const domain = openMemoryDomain();
  const admin = domain.platformOf(LOCAL_USER);
  await admin.user.create({ name: "alice" });
  await admin.user.create({ name: "victor", role: "viewer" });
  const admit = createAdmit(domain.context);
  return {
    domain,
    admin,
    admit: (bearer?: string) => admit({ bearer }),
    as: async (wish: KeyCreate): Promise<Platform> => admit({ bearer: (await admin.key.create(wish)).key }),
    [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose](),
  };
}

describe("a key", () => {
  it("lets its owner in, and nobody sees anybody else's", async () => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const other = await access.as({});
    const { id } = await alice.sandbox.create({ name: "web" });
    expect((await alice.sandbox.list({})).items.map((item) => item.id)).toEqual([id]);
    expect((await other.sandbox.list({})).items).toEqual([]);
    for (const call of [other.sandbox.get({ id }), other.sandbox.remove({ id }), other.file.list({ id })]) {
      await expect(call).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  it("is told once, and kept as a hash", async () => {
    await using access = await openAccess();
    const { key, ...told } = await access.admin.key.create({ name: "ci" });
    expect(key).toMatch(/^moorage_[a-z][a-z0-9]{19}_[A-Za-z0-9_-]{43}$/);
    expect(await access.admin.key.get({ id: told.id })).toEqual(told);
    const row = await access.domain.context.store.keys.find(told.id);
    const secret = key.split("_").slice(2).join("_");
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  it("is noted when it is used, and never works again once it is revoked", async () => {
    await using access = await openAccess();
    const { key, id } = await access.admin.key.create({});
    expect(await (await access.admit(key)).auth.whoami({})).toEqual({
      ...{ owner: LOCAL_USER, role: "admin", scopes: null, agent: false, keyId: id, limits: null },
    });
    expect((await access.admin.key.get({ id })).lastUsedAt).not.toBeNull();
    const { revokedAt } = await access.admin.key.revoke({ id });
    await expect(access.admit(key)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: `The API key ${id} (key) was revoked at ${revokedAt}.`,
    });
    expect(await access.admin.key.revoke({ id })).toMatchObject({ revokedAt });
  });

  it("expires", async () => {
    await using access = await openAccess();
    const { key, id } = await access.admin.key.create({ ttlMs: 60_000 });
    const clock = { ...access.domain.context.clock, now: () => Date.now() + 60_001 };
    const later = createAdmit({ ...access.domain.context, clock });
    await access.admit(key);
    await expect(later({ bearer: key })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.stringContaining(`The API key ${id} (key) expired at `) as string,
    });
  });

  it("goes no further than its user's role by now, and not at all once the user is disabled", async () => {
    await using access = await openAccess();
    const { key, id } = await access.admin.key.create({ user: "alice" });
    await (await access.admit(key)).sandbox.create({ name: "web" });
    await access.admin.user.update({ name: "alice", role: "viewer" });
    const viewer = await access.admit(key);
    expect((await viewer.sandbox.list({})).items).toHaveLength(1);
    await expect(viewer.sandbox.create({})).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "sandbox.create: expected the role member or admin, got viewer.",
    });
    await access.admin.user.update({ name: "alice", disabled: true });
    await expect(access.admit(key)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: `The API key ${id} (key) is of alice, who is disabled.`,
    });
    await access.admin.user.update({ name: "alice", disabled: false });
    await access.admit(key);
  });

  it("with scopes does what they say, in rows and in archives", async () => {
    await using access = await openAccess();
    const { id } = await access.admin.sandbox.create({});
    const reader = await access.as({ scopes: ["sandbox:read"] });
    expect(await reader.sandbox.get({ id })).toMatchObject({ id });
    const refusal = { code: "FORBIDDEN", message: expect.stringContaining("sandbox:write") as string };
    await expect(resultOf(reader.sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject(refusal);
    await expect(reader.raw.upload({ id, path: "a" }, (async function* () {})())).rejects.toMatchObject(refusal);
    await expect(reader.image.list({})).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "image.list: expected a key with the scope image:read, got one with sandbox:read.",
    });
    await expect(reader.user.list({})).rejects.toMatchObject({
      message: "user.list: expected the role admin, got a key that is limited to some scopes.",
    });
  });

  test.each([
    [undefined, "This needs an API key, and the request shows none."],
    ["", "What the request shows is no API key of Moorage."],
    ["moorage_", "What the request shows is no API key of Moorage."],
    ["Bearer x", "What the request shows is no API key of Moorage."],
    [`moorage_${"a".repeat(20)}_${"A".repeat(43)}`, "The API key is not known here."],
    [`moorage_${"a".repeat(20)}_${"A".repeat(44)}`, "What the request shows is no API key of Moorage."],
  ])("that is none (%j) lets nobody in", async (bearer, message) => {
    await using access = await openAccess();
    await expect(access.admit(bearer)).rejects.toMatchObject({ code: "UNAUTHENTICATED", message });
  });

  it("with another's secret lets nobody in", async () => {
    await using access = await openAccess();
    const [one, two] = [await access.admin.key.create({}), await access.admin.key.create({})];
    const forged = `moorage_${one.id}_${two.key.split("_").slice(2).join("_")}`;
    await expect(access.admit(forged)).rejects.toMatchObject({ message: "The API key is not known here." });
  });
});

describe("making keys", () => {
  it("gives nobody more than they have", async () => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const refused = (given: KeyCreate, message: string) =>
      expect(alice.key.create(given)).rejects.toMatchObject({ code: "FORBIDDEN", message });
    await refused({ role: "admin" }, "role: a key with admin cannot be made here: alice is member.");
    await expect(alice.key.create({ user: "victor" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no user "victor".',
    });
    await expect(alice.key.list({ user: "victor" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const limited = await access.as({ user: "alice", scopes: ["key:read", "key:write", "sandbox:read"] });
    await expect(limited.key.create({ scopes: ["sandbox:write"] })).rejects.toMatchObject({
      message: "scopes: a key with sandbox:write cannot be made here: your own key has it not.",
    });
    expect(await limited.key.create({})).toMatchObject({ scopes: ["key:read", "key:write", "sandbox:read"] });
  });

  it("with an administrator's key that is limited to some scopes is about oneself alone", async () => {
    await using access = await openAccess();
    const limited = await access.as({ scopes: ["key:read", "key:write", "sandbox:write"] });
    const { id } = await access.admin.key.create({ user: "alice" });
    for (const call of [
      limited.key.create({ user: "alice" }),
      limited.key.list({ user: "alice" }),
      limited.key.get({ id }),
      limited.key.revoke({ id }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  it("gives none that lasts longer than the key that makes it", async () => {
    await using access = await openAccess();
    const { key, expiresAt } = await access.admin.key.create({ user: "alice", ttlMs: 60_000 });
    const alice = await access.admit(key);
    expect((await alice.key.create({})).expiresAt).toBe(expiresAt);
    expect((await alice.key.create({ ttlMs: 600_000 })).expiresAt).toBe(expiresAt);
    const { expiresAt: sooner } = await alice.key.create({ ttlMs: 1000 });
    expect(sooner !== null && expiresAt !== null && sooner < expiresAt).toBe(true);
  });

  it("is each user's own; administrators see all", async () => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const { id } = await access.admin.key.create({});
    for (const call of [alice.key.get({ id }), alice.key.revoke({ id })]) {
      await expect(call).rejects.toMatchObject({ code: "NOT_FOUND", message: `You have no key "${id}".` });
    }
    const [own] = (await alice.key.list({})).items;
    expect(await access.admin.key.get({ id: own?.id ?? "" })).toMatchObject({ owner: "alice" });
    expect((await access.admin.key.list({ user: "alice" })).items).toHaveLength(1);
  });

  it("is done for the first administrator once", async () => {
    await using access = await openAccess();
    const key = await firstKey(access.domain.context);
    expect(await (await access.admit(key)).auth.whoami({})).toMatchObject({ owner: LOCAL_USER, role: "admin" });
    expect(await firstKey(access.domain.context)).toBeUndefined();
  });
});

describe("an agent's key", () => {
  const agent: KeyCreate = { user: "alice", agent: "builder", memoryBytes: 64 * 1024 * 1024, timeoutMs: 5000 };

  it("touches what is the agent's, and nothing of its user's or of another agent's", async () => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const builder = await access.as(agent);
    const tester = await access.as({ ...agent, agent: "tester" });
    expect(await builder.auth.whoami({})).toMatchObject({ owner: "alice.builder", agent: true, role: "member" });
    const { id } = await builder.sandbox.create({ name: "own" });
    const users = await alice.sandbox.create({ name: "hers" });
    expect((await builder.sandbox.list({})).items.map((item) => item.id)).toEqual([id]);
    for (const call of [
      builder.sandbox.get({ id: users.id }),
      builder.sandbox.remove({ id: "hers" }),
      tester.sandbox.get({ id }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect(await builder.sandbox.remove({ id })).toMatchObject({ removed: true });
  });

  it("is held to its limits, also where nothing is asked for", async () => {
    await using access = await openAccess();
    const builder = await access.as(agent);
    const { limits } = await builder.sandbox.create({});
    expect(limits).toMatchObject({ memoryBytes: 64 * 1024 * 1024, timeoutMs: 5000 });
    await expect(builder.sandbox.create({ memoryBytes: 65 * 1024 * 1024 })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
    });
  });

  it("makes no keys, is told nothing of the machine, and reaches no directory of it", async () => {
    await using access = await openAccess();
    const builder = await access.as(agent);
    for (const call of [builder.key.create({}), builder.key.list({}), builder.system.doctor({})]) {
      await expect(call).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
    for (const call of [builder.user.list({}), builder.system.cleanup({}), Array.fromAsync(builder.receipt.export({}))])
      await expect(call).rejects.toMatchObject({
        code: "FORBIDDEN",
        message: expect.stringContaining("expected the role admin, got an agent's key.") as string,
      });
    const job = resultOf(builder.job.run({ command: ["true"], workspace: "/tmp" }));
    await expect(job).rejects.toMatchObject({ code: "WORKSPACE_NOT_ALLOWED" });
  });

  test.each([
    [{ role: "admin" }, "role: a key with admin cannot be made here: an agent is a member or a viewer."],
    [{ scopes: ["key:write"] }, "scopes: a key with key:write cannot be made here: an agent cannot have it."],
  ] satisfies [Partial<KeyCreate>, string][])("cannot have %j", async (wish, message) => {
    await using access = await openAccess();
    await expect(access.admin.key.create({ agent: "builder", ...wish })).rejects.toMatchObject({
      code: "FORBIDDEN",
      message,
    });
  });
});

describe("users", () => {
  it("are told apart by their names, of which there is one each", async () => {
    await using access = await openAccess();
    for (const name of ["alice", LOCAL_USER]) {
      await expect(access.admin.user.create({ name })).rejects.toMatchObject({
        code: "CONFLICT",
        message: `There is a user "${name}" already.`,
      });
    }
    const { items } = await access.admin.user.list({});
    expect(items.map(({ name, role }) => [name, role])).toEqual([
      ["alice", "member"],
      ["victor", "viewer"],
    ]);
    expect(await access.admin.user.get({ name: LOCAL_USER })).toMatchObject({ role: "admin", createdAt: IN_THE_PAST });
    await expect(access.admin.user.get({ name: "nobody" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no user "nobody".',
    });
  });

  it("cannot lock out whoever started Moorage", async () => {
    await using access = await openAccess();
    await expect(access.admin.user.update({ name: LOCAL_USER, disabled: true })).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "The user local is whoever started Moorage, and stays an administrator.",
    });
  });
});

describe("registries off the public internet", () => {
  const hosts = [
    "127.0.0.1:7474",
    "169.254.169.254",
    "localhost:5000",
    "[::1]:5000",
    "10.0.0.5",
    "a.internal",
    "127.1:80",
  ];

  it.each(hosts)("%s: refused for who came with a key, in a pull, a sandbox and a build", async (host) => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const { policy } = access.domain.context;
    Object.assign(policy.build.dockerfile, { allowedRegistries: ["*"] });
    const reference = `${host}/a/b:1`;
    const denied = { code: "REGISTRY_DENIED", details: { host } };
    await expect(Array.fromAsync(alice.image.pull({ reference }))).rejects.toMatchObject(denied);
    await expect(alice.sandbox.create({ image: reference })).rejects.toMatchObject(denied);
    for (const text of [`FROM ${reference}\n`, `FROM busybox:latest\nCOPY --from=${reference} /a /a\n`]) {
      const build = Array.fromAsync(alice.image.build({ files: { Dockerfile: text } }));
      await expect(build).rejects.toMatchObject({ code: "REGISTRY_DENIED" });
    }
  });

  it("are let to whom an administrator lets, and to who started Moorage", async () => {
    await using access = await openAccess();
    const reference = "127.0.0.1:1/a/b:1";
    const tried = (platform: Platform) => Array.fromAsync(platform.image.pull({ reference }));
    await expect(tried(access.admin)).rejects.not.toMatchObject({ code: "REGISTRY_DENIED" });
    Object.assign(access.domain.context.policy.images, { registries: ["127.0.0.1:1"] });
    await expect(tried(await access.as({ user: "alice" }))).rejects.not.toMatchObject({ code: "REGISTRY_DENIED" });
    const elsewhere = Array.fromAsync((await access.as({ user: "alice" })).image.pull({ reference: "ghcr.io/a/b:1" }));
    await expect(elsewhere).rejects.not.toMatchObject({ code: "REGISTRY_DENIED" });
  });
});
