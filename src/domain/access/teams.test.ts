import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER } from "./principal.ts";

async function openTeams() {
  const domain = openMemoryDomain();
  const admin = domain.platformOf(LOCAL_USER);
  for (const name of ["alice", "bob", "carol"]) await admin.user.create({ name });
  const admit = createAdmit(domain.context);
  const as = async (user: string, team?: string, agent?: string) => {
    const { key: bearer } = await admin.key.create({ user, ...(agent === undefined ? {} : { agent }) });
    return admit({ bearer, header: () => team });
  };
  await admin.team.create({ name: "ops" });
  await admin.team.update({ name: "ops", user: "alice", role: "admin" });
  await admin.team.update({ name: "ops", user: LOCAL_USER, remove: true });
  return { domain, admin, as, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
}

const notIn = { code: "NOT_FOUND", message: 'You are in no team "ops".' };

it("members share what is the team's by their role there, and nobody else sees it", async () => {
  await using teams = await openTeams();
  const alice = await teams.as("alice");
  await alice.team.update({ name: "ops", user: "bob", role: "viewer" });
  const { id } = await (await teams.as("alice", "ops")).sandbox.create({});
  const bob = await teams.as("bob", "ops");
  expect((await bob.sandbox.list({})).items).toMatchObject([{ id }]);
  await expect(bob.sandbox.remove({ id })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(alice.sandbox.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(teams.as("carol", "ops")).rejects.toMatchObject(notIn);
  await expect(teams.as("alice", "ops", "builder")).rejects.toMatchObject(notIn);
  await expect(alice.team.delete({ name: "ops" })).rejects.toMatchObject({ code: "CONFLICT" });
  const { items } = await teams.admin.audit.list({ user: "alice" });
  expect(items.length).toBeGreaterThan(0);
});

it("a team keeps an administrator, and its name to itself", async () => {
  await using teams = await openTeams();
  const alice = await teams.as("alice");
  await expect(alice.team.update({ name: "ops", user: "alice", remove: true })).rejects.toMatchObject({
    code: "CONFLICT",
    message: 'alice is the last administrator of the team "ops".',
  });
  await expect(alice.team.update({ name: "ops", user: "nobody" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect((await teams.as("bob")).team.get({ name: "ops" })).rejects.toMatchObject(notIn);
  await alice.team.delete({ name: "ops" });
  await expect(teams.admin.user.create({ name: "ops" })).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(teams.admin.team.create({ name: "bob" })).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(alice.team.create({ name: "mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

it("a team has quotas of its own, which administrators set", async () => {
  await using teams = await openTeams();
  await teams.admin.quota.set({ user: "ops", sandboxes: 1 });
  const ops = await teams.as("alice", "ops");
  await ops.sandbox.create({});
  await expect(ops.sandbox.create({})).rejects.toMatchObject({
    code: "QUOTA_EXCEEDED",
    message: "ops may have 1 of sandboxes: 1 are taken, and 1 more were asked for.",
  });
  const { user, quotas } = await ops.quota.get({});
  expect([user, quotas.find(({ quota }) => quota === "sandboxes")]).toMatchObject(["ops", { used: 1, allowed: 1 }]);
  await expect((await teams.as("bob")).quota.get({ user: "ops" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it("a team is dissolved with nothing left, and nothing is made for it after that", async () => {
  await using teams = await openTeams();
  const alice = await teams.as("alice");
  const ops = await teams.as("alice", "ops");
  const { id } = await ops.context.create({ files: { Dockerfile: "FROM busybox\n" } });
  await expect(alice.team.delete({ name: "ops" })).rejects.toMatchObject({
    code: "CONFLICT",
    message: 'The team "ops" has something still.',
  });
  await ops.context.remove({ id });
  await alice.team.delete({ name: "ops" });
  await expect(ops.sandbox.create({})).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: 'The team "ops" was dissolved.',
  });
});

it("whoever is put out of a team is told no more of it", async () => {
  await using teams = await openTeams();
  const alice = await teams.as("alice");
  await alice.team.update({ name: "ops", user: "bob" });
  const events = (await teams.as("bob", "ops")).event.watch({})[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: "watching" });
  await alice.team.update({ name: "ops", user: "bob", remove: true });
  const ended = async (): Promise<unknown> => {
    for (;;) if ((await events.next()).done === true) return "a quiet end";
  };
  await expect(ended()).rejects.toMatchObject({ code: "UNAUTHENTICATED", message: "The team ops was changed." });
});

it("what one member has asked for by a key is told to no other", async () => {
  await using teams = await openTeams();
  await (await teams.as("alice")).team.update({ name: "ops", user: "bob" });
  const [alice, bob] = [await teams.as("alice", "ops"), await teams.as("bob", "ops")];
  const options = { idempotencyKey: "k" };
  const first = await alice.sandbox.create({}, options);
  expect((await alice.sandbox.create({}, options)).id).toBe(first.id);
  expect((await bob.sandbox.create({}, options)).id).not.toBe(first.id);
});
