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
  await (await as("alice")).team.create({ name: "ops" });
  return { admin, as, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
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
  await expect(alice.team.create({ name: "bob" })).rejects.toMatchObject({ code: "CONFLICT" });
});
