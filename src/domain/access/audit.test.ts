import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../contracts/platform.ts";
import { createPlatform } from "../domain.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER } from "./principal.ts";

async function entries(platform: Platform, user?: string) {
  const { items } = await platform.audit.list(user === undefined ? {} : { user });
  return items.toReversed().map((item) => {
    if (item.operation !== "change") return [item.owner, item.operation, item.status];
    return [item.owner, item.change, item.code ?? item.outcome];
  });
}

describe("the audit log", () => {
  it("says who did what, runs among it, and looking leaves nothing in it", async () => {
    await using domain = openMemoryDomain();
    const admin = domain.platformOf(LOCAL_USER);
    await admin.user.create({ name: "alice" });
    const { key, id: keyId } = await admin.key.create({ user: "alice", agent: "builder" });
    const builder = await createAdmit(domain.context)({ bearer: key });
    const { id } = await builder.sandbox.create({ name: "web" });
    await resultOf(builder.sandbox.exec({ id, command: ["true"] }));
    await builder.file.write({ id, path: "secret.txt", content: "hunter2" });
    await builder.sandbox.list({});
    await builder.sandbox.remove({ id });
    expect(await entries(admin)).toEqual([
      ["local", "user.create", "done"],
      ["local", "key.create", "done"],
      ["alice.builder", "sandbox.create", "done"],
      ["alice.builder", "sandbox.exec", "succeeded"],
      ["alice.builder", "file.write", "done"],
      ["alice.builder", "sandbox.remove", "done"],
    ]);
    expect(await entries(admin, "alice")).toHaveLength(4);
    const [removed, written] = (await admin.audit.list({})).items;
    expect(removed).toMatchObject({ key: keyId, user: "alice", agent: true, subject: { id } });
    expect(written).toMatchObject({ subject: { id, path: "/workspace/secret.txt" } });
    const all = JSON.stringify((await admin.audit.list({})).items);
    for (const secret of ["hunter2", key, key.split("_").slice(2).join("_")]) expect(all).not.toContain(secret);
  });

  it("is a part of the chain of receipts, and none of the receipts of runs", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const { id } = await platform.sandbox.create({ name: "web" });
    await resultOf(platform.sandbox.exec({ id, command: ["true"] }));
    expect(await platform.receipt.verify({})).toMatchObject({ ok: true, count: 2 });
    expect((await platform.receipt.list({})).items.map(({ operation }) => operation)).toEqual(["sandbox.exec"]);
    const [, change] = (await platform.audit.list({})).items;
    expect(await platform.receipt.get({ receiptId: change?.id ?? "" })).toEqual(change);
    const exported = await Array.fromAsync(platform.receipt.export({}));
    expect(exported.map((event) => (event.type === "receipt" ? event.receipt.operation : event.type))).toEqual([
      "change",
      "sandbox.exec",
      "head",
    ]);
  });

  it("tells what failed and what was refused, but not what was never tried", async () => {
    await using domain = openMemoryDomain();
    const { platform, context } = domain;
    await platform.sandbox.create({ name: "web" });
    await expect(platform.sandbox.create({ name: "web", image: "other" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(platform.sandbox.remove({ id: "nobody" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(platform.sandbox.create({ name: "No!" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const viewer = createPlatform(context, {
      ...{ owner: "victor", user: "victor", agent: false, keyId: null, role: "viewer", scopes: null, limits: null },
      expiresAt: null,
    });
    await expect(viewer.sandbox.create({ name: "mine" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(viewer.audit.list({})).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await entries(platform)).toEqual([
      ["alice", "sandbox.create", "done"],
      ["alice", "sandbox.create", "CONFLICT"],
      ["alice", "sandbox.remove", "NOT_FOUND"],
      ["victor", "sandbox.create", "FORBIDDEN"],
    ]);
  });

  it("says what was set, switches and numbers among it", async () => {
    await using domain = openMemoryDomain();
    const admin = domain.platformOf(LOCAL_USER);
    for (const name of ["alice", "bob"]) await admin.user.create({ name });
    await admin.user.update({ name: "alice", disabled: true });
    await admin.user.update({ name: "alice", disabled: false });
    await admin.quota.set({ user: "bob", reset: true, cpus: 0.5, sandboxes: 0, unlimited: ["runs", "builds"] });
    await admin.team.create({ name: "ops" });
    await admin.team.update({ name: "ops", user: "bob" });
    await admin.team.update({ name: "ops", user: "bob", remove: true });
    const subjects = (await admin.audit.list({})).items
      .toReversed()
      .slice(2)
      .map((item) => (item.operation === "change" ? item.subject : undefined));
    expect(subjects).toEqual([
      { name: "alice", role: "member", disabled: "true" },
      { name: "alice", role: "member", disabled: "false" },
      { user: "bob", reset: "true", cpus: "0.5", sandboxes: "0", unlimited: "runs,builds" },
      { name: "ops" },
      { name: "ops", user: "bob" },
      { name: "ops", user: "bob", remove: "true" },
    ]);
  });

  it("has what goes through archives, too", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const { id } = await platform.sandbox.create({});
    await platform.raw.write({ id, path: "a" }, (async function* () {})());
    expect((await entries(platform)).at(-1)).toEqual(["alice", "raw.write", "done"]);
  });

  it("is paged, newest first", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    for (const name of ["a", "b", "c"]) await platform.network.ensure({ name });
    const first = await platform.audit.list({ limit: 2 });
    const second = await platform.audit.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...second.items].map(({ sequence }) => sequence)).toEqual([3, 2, 1]);
  });
});
