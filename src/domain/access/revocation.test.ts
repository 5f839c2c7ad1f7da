import { describe, expect, it, test } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createAdmit } from "./admit.ts";
import { firstKey } from "./first-key.ts";
import { LOCAL_USER } from "./principal.ts";

function openAccess() {
  const domain = openMemoryDomain();
  const admit = createAdmit(domain.context);
  return {
    ...{ domain, admin: domain.platformOf(LOCAL_USER), enter: (bearer: string) => admit({ bearer }) },
    [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose](),
  };
}

describe("revocation", () => {
  it("of a key takes with it all that were made with it, agents' too, and no others", async () => {
    await using access = openAccess();
    await access.admin.user.create({ name: "alice" });
    const root = await access.admin.key.create({ user: "alice" });
    const other = await access.admin.key.create({ user: "alice" });
    const alice = await access.enter(root.key);
    const child = await alice.key.create({ name: "child" });
    const agent = await alice.key.create({ agent: "builder" });
    const grandchild = await (await access.enter(child.key)).key.create({ name: "grandchild" });
    expect(child).toMatchObject({ madeBy: root.id, createdBy: "alice" });
    expect(root.madeBy).toBeNull();
    const { alsoRevoked, revokedAt } = await access.admin.key.revoke({ id: root.id });
    expect(alsoRevoked.toSorted()).toEqual([child.id, agent.id, grandchild.id].toSorted());
    for (const { id, key } of [root, child, agent, grandchild]) {
      expect(await access.admin.key.get({ id })).toMatchObject({ revokedAt });
      await expect(access.enter(key)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
    await access.enter(other.key);
    expect(await access.admin.key.revoke({ id: root.id })).toMatchObject({ revokedAt, alsoRevoked: [] });
  });

  it("leaves no key to a request that was let in just before", async () => {
    await using access = openAccess();
    const { id, key } = await access.admin.key.create({});
    const before = await access.enter(key);
    await access.admin.key.revoke({ id });
    await expect(before.key.create({ name: "late" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The key ${id} was revoked while it made another.`,
    });
    expect((await access.admin.key.list({})).items.map((item) => item.id)).toEqual([id]);
  });
});

test("the first administrator's key has an entry in the audit log", async () => {
  await using access = openAccess();
  await firstKey(access.domain.context);
  expect((await access.admin.audit.list({})).items).toMatchObject([
    { change: "key.create", owner: LOCAL_USER, key: null, via: null, subject: { name: "first administrator" } },
  ]);
});
