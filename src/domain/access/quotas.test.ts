import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { KeyCreate, QuotaSet } from "../../contracts/types.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER } from "./principal.ts";

const MIB = 1024 * 1024;

/** The domain with a user alice for whom these quotas are set. */
async function openAccess(quotas: Omit<QuotaSet, "user"> = {}) {
  const domain = openMemoryDomain();
  const admin = domain.platformOf(LOCAL_USER);
  await admin.user.create({ name: "alice" });
  if (Object.keys(quotas).length > 0) await admin.quota.set({ user: "alice", ...quotas });
  const admit = createAdmit(domain.context);
  const as = async (wish: KeyCreate) => admit({ bearer: (await admin.key.create(wish)).key });
  return { domain, admin, as, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
}

const exceeded = (quota: string, [used, asked, allowed]: readonly [number, number, number]) => ({
  code: "QUOTA_EXCEEDED",
  message: `alice may have ${allowed} of ${quota}: ${used} are taken, and ${asked} more were asked for.`,
  details: { quota, used, asked, allowed },
});

describe("a quota", () => {
  it("of sandboxes counts a user's and their agents', and gives back what is removed", async () => {
    await using access = await openAccess({ sandboxes: 2 });
    const alice = await access.as({ user: "alice" });
    const agent = await access.as({ user: "alice", agent: "builder" });
    const { id } = await alice.sandbox.create({});
    await agent.sandbox.create({});
    await expect(agent.sandbox.create({})).rejects.toMatchObject(exceeded("sandboxes", [2, 1, 2]));
    await expect(alice.sandbox.create({})).rejects.toMatchObject({
      hint: "Remove a sandbox, yours or an agent's of yours, or have an administrator raise it with `moorage quota set`.",
    });
    await access.admin.sandbox.create({});
    await alice.sandbox.remove({ id });
    await agent.sandbox.create({});
  });

  it("is no matter of who is called alike", async () => {
    await using access = await openAccess({ sandboxes: 1 });
    for (const name of ["alice-b", "alic", "alice0"]) {
      await access.admin.user.create({ name });
      await (await access.as({ user: name })).sandbox.create({});
      await (await access.as({ user: name, agent: "x" })).sandbox.create({});
    }
    const { id } = await (await access.as({ user: "alice" })).sandbox.create({});
    expect(id).not.toBe("");
  });

  it("holds for those that are made at one time", async () => {
    await using access = await openAccess({ sandboxes: 3 });
    const alice = await access.as({ user: "alice" });
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => alice.sandbox.create({})));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect((await alice.sandbox.list({})).items).toHaveLength(3);
  });

  it("holds for two processes on one state", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-quota-"));
    const open = () => openMemoryDomain({ store: openSqliteStore(join(directory, "moorage.db"), { sandboxes: 3 }) });
    await using one = open();
    await using two = open();
    const made = await Promise.allSettled(
      [one, two, one, two, one, two].map((domain) => domain.platformOf("alice").sandbox.create({})),
    );
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(await one.context.store.quotas.use("alice")).toMatchObject({ sandboxes: 3 });
    await rm(directory, { recursive: true });
  });

  it("of memory and processors counts what runs or is paused, and is asked for again at a start", async () => {
    await using access = await openAccess({ memoryBytes: 128 * MIB, cpus: 1 });
    const alice = await access.as({ user: "alice" });
    const limits = { memoryBytes: 64 * MIB, cpus: 0.3 };
    const [first, second] = [await alice.sandbox.create(limits), await alice.sandbox.create(limits)];
    await expect(alice.sandbox.create(limits)).rejects.toMatchObject(
      exceeded("memoryBytes", [128 * MIB, 64 * MIB, 128 * MIB]),
    );
    await expect(alice.sandbox.create({ ...limits, memoryBytes: 6 * MIB, cpus: 0.5 })).rejects.toMatchObject(
      exceeded("cpus", [0.6, 0.5, 1]),
    );
    await alice.sandbox.pause({ id: second.id });
    await expect(alice.sandbox.create(limits)).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    await alice.sandbox.stop({ id: first.id });
    const third = await alice.sandbox.create(limits);
    await expect(alice.sandbox.start({ id: first.id })).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(await alice.sandbox.get({ id: first.id })).toMatchObject({ state: "stopped" });
    await alice.sandbox.remove({ id: third.id });
    expect(await alice.sandbox.start({ id: first.id })).toMatchObject({ state: "running" });
  });

  it("of disk, runs and jobs is kept, too", async () => {
    await using access = await openAccess({ diskBytes: 1024 * MIB, runs: 0 });
    const alice = await access.as({ user: "alice" });
    await expect(alice.sandbox.create({ diskBytes: 1025 * MIB })).rejects.toMatchObject(
      exceeded("diskBytes", [0, 1025 * MIB, 1024 * MIB]),
    );
    const { id } = await alice.sandbox.create({ diskBytes: 512 * MIB });
    await expect(resultOf(alice.sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject(
      exceeded("runs", [0, 1, 0]),
    );
    await expect(resultOf(alice.job.run({ command: ["true"], diskBytes: 600 * MIB }))).rejects.toMatchObject({
      code: "QUOTA_EXCEEDED",
    });
    await access.admin.quota.set({ user: "alice", runs: 1 });
    await resultOf(alice.sandbox.exec({ id, command: ["true"] }));
    await expect(resultOf(alice.job.run({ command: ["true"], diskBytes: 600 * MIB }))).rejects.toMatchObject(
      exceeded("diskBytes", [512 * MIB, 600 * MIB, 1024 * MIB]),
    );
  });

  it("that is lowered below what is taken leaves that, and is in the way of more alone", async () => {
    await using access = await openAccess();
    const alice = await access.as({ user: "alice" });
    const { id } = await alice.sandbox.create({});
    await alice.sandbox.create({});
    const { quotas } = await access.admin.quota.set({ user: "alice", sandboxes: 1 });
    expect(quotas[0]).toEqual({ quota: "sandboxes", used: 2, allowed: 1, own: true });
    await alice.sandbox.stop({ id });
    await alice.sandbox.start({ id });
    await expect(alice.sandbox.create({})).rejects.toMatchObject(exceeded("sandboxes", [2, 1, 1]));
  });

  it("of everybody holds for who has none of their own, and not for who started Moorage", async () => {
    const store = openSqliteStore(":memory:", { sandboxes: 1 });
    await using domain = openMemoryDomain({ store });
    const admin = domain.platformOf(LOCAL_USER);
    for (const _each of [1, 2]) await admin.sandbox.create({});
    const alice = domain.platformOf("alice");
    await alice.sandbox.create({});
    await expect(alice.sandbox.create({})).rejects.toMatchObject(exceeded("sandboxes", [1, 1, 1]));
    await admin.user.create({ name: "alice" });
    await admin.quota.set({ user: "alice", unlimited: ["sandboxes"] });
    await alice.sandbox.create({});
    await admin.quota.set({ user: "alice", reset: true });
    await expect(alice.sandbox.create({})).rejects.toMatchObject(exceeded("sandboxes", [2, 1, 1]));
    expect((await admin.quota.list({})).items).toEqual([]);
  });
});

describe("who asks about quotas", () => {
  it("is told theirs, and of others as an administrator", async () => {
    await using access = await openAccess({ sandboxes: 2 });
    const agent = await access.as({ user: "alice", agent: "builder" });
    await agent.sandbox.create({});
    expect(await agent.quota.get({})).toMatchObject({
      user: "alice",
      quotas: [{ used: 1, allowed: 2 }, ...[1, 2, 3, 4, 5, 6].map(() => ({}))],
    });
    await expect(agent.quota.get({ user: LOCAL_USER })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(agent.quota.set({ user: "alice", sandboxes: 9 })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(access.admin.quota.get({ user: "nobody" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no user "nobody".',
    });
    expect((await access.admin.quota.list({})).items).toMatchObject([{ user: "alice" }]);
  });

  test.each([
    [{ sandboxes: -1 }, "quota.set: sandboxes: expected at least 0 (got -1)."],
    [{ runs: 1.5 }, "quota.set: runs: expected a whole number (got 1.5)."],
    [{ requestsPerMinute: 0 }, "quota.set: requestsPerMinute: expected at least 1 (got 0)."],
    [{}, "quota.set: input: expected at least one quota, `unlimited` or `reset`."],
    [{ cpus: 1, unlimited: ["cpus"] }, "quota.set: input: expected no quota both with a value and as unlimited."],
  ] satisfies [Omit<QuotaSet, "user">, string][])("and sets %j is told what is wrong", async (given, message) => {
    await using access = await openAccess();
    const set = access.admin.quota.set({ user: "alice", ...given });
    await expect(set).rejects.toMatchObject({ code: "INVALID_INPUT", message });
  });
});
