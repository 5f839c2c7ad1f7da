import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { newId } from "../../base/ids.ts";

const decision = { at: "2026-01-02T03:04:05.678Z", port: 443, allowed: false, reason: "not in the allow list" };

describe("the allow list of a sandbox", () => {
  it("cannot be given to one that was created without", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "closed" });
    await expect(domain.platform.network.set({ id: "closed", network: "allow:example.org" })).rejects.toMatchObject({
      code: "CONFLICT",
      message:
        'The network policy of sandbox "closed" is "none" and cannot become "allow:example.org": only an allow list changes while a sandbox exists.',
      hint: "Create another sandbox with --network allow:example.org.",
    });
  });

  it.each([
    ["allow:10.0.0.1", "INVALID_INPUT", 'The allow list has "10.0.0.1"; expected a domain'],
    ["allow:preset:everything", "INVALID_INPUT", "expected one of the presets"],
    ["allow:", "INVALID_INPUT", "expected none, internal, open, allow:DOMAIN[,DOMAIN] or net:NAME"],
    [
      "allow:example.org",
      "ENGINE_UNSUPPORTED",
      "cannot be enforced by the memory engine: it enforces none and net:NAME alone.",
    ],
  ])("%s is refused with %s", async (network, code, message) => {
    await using domain = openMemoryDomain();
    const refused = { code, message: expect.stringContaining(message) as string };
    await expect(domain.platform.sandbox.create({ network })).rejects.toMatchObject(refused);
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("of somebody else's sandbox is not found", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const set = domain.platformOf("bob").network.set({ id, network: "allow:example.org" });
    await expect(set).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the log of the egress proxy", () => {
  it("has the newest first, in pages, for its owner alone, and outlives the sandbox", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ name: "asking" });
    for (const host of ["a.example", "b.example", "c.example"]) {
      await domain.context.store.egress.append({ ...decision, host, sandboxId: id, owner: "alice" });
    }
    const first = await domain.platform.network.log({ id: "asking", limit: 2 });
    expect(first.items).toEqual([
      { ...decision, host: "c.example", outcome: null },
      { ...decision, host: "b.example", outcome: null },
    ]);
    const rest = await domain.platform.network.log({ id: "asking", limit: 2, cursor: first.nextCursor ?? "" });
    expect(rest).toEqual({ items: [{ ...decision, host: "a.example", outcome: null }], nextCursor: null });
    await domain.platform.sandbox.remove({ id });
    expect((await domain.platform.network.log({ id })).items).toHaveLength(3);
    expect((await domain.platformOf("bob").network.log({ id })).items).toEqual([]);
  });

  it("tells the decision apart from what came of it", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const { append } = domain.context.store.egress;
    for (const [allowed, reason] of [
      [true, null],
      [true, "a.example cannot be reached"],
      [false, "not in the allow list"],
    ] as const) {
      await append({ ...decision, host: "a.example", allowed, reason, sandboxId: id, owner: "alice" });
    }
    const { items } = await domain.platform.network.log({ id });
    expect(items.map(({ allowed, outcome }) => [allowed, outcome])).toEqual([
      [false, null],
      [true, "failed"],
      [true, "connected"],
    ]);
  });

  it("keeps the latest 1000 of a sandbox", async () => {
    await using domain = openMemoryDomain();
    const { append, list } = domain.context.store.egress;
    const sandboxId = newId();
    for (let port = 0; port < 1010; port += 1) {
      await append({ ...decision, host: "a.example", port, sandboxId, owner: "alice" });
    }
    const { items } = await list("alice", sandboxId, { limit: 2000 });
    expect([items.length, items.at(-1)?.port]).toEqual([1000, 10]);
  });

  it("of what never was is not found", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.network.log({ id: "nobody" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'You have no sandbox "nobody".',
    });
  });
});
