import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { cleanup } from "../recovery/cleanup.ts";

const network = "net:team";

describe("a network of one owner", () => {
  it("is made once, and shows its members", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const made = await platform.network.ensure({ name: "team" });
    expect(made).toMatchObject({ name: "team", owner: "alice", engine: "memory", members: [] });
    expect(await platform.network.ensure({ name: "team" })).toEqual(made);
    const { id } = await platform.sandbox.create({ name: "web", network });
    const members = [{ id, kind: "sandbox", name: "web", state: "running", address: null }];
    expect(await platform.network.inspect({ name: "team" })).toEqual({ ...made, members });
    expect(await platform.network.list({})).toEqual({ items: [{ ...made, members }], nextCursor: null });
    expect(await platform.sandbox.get({ id })).toMatchObject({ network });
  });

  it("lets sandboxes and jobs reach one another by name, and nobody else", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    for (const name of ["team", "other"]) await platform.network.ensure({ name });
    await platform.sandbox.create({ name: "web", network });
    await platform.sandbox.create({ name: "outside", network: "net:other" });
    await resultOf(platform.sandbox.exec({ id: "web", command: ["serve", "80"], background: true }));
    const reach = ["reach", "web", "80"];
    const code = async (policy: string): Promise<number | null> =>
      (await resultOf(platform.job.run({ command: reach, network: policy }))).exitCode;
    await expect.poll(() => code(network), { timeout: 20_000 }).toBe(0);
    expect([await code("net:other"), await code("none")]).toEqual([1, 1]);
    const { exitCode } = await resultOf(platform.sandbox.exec({ id: "outside", command: reach }));
    expect(exitCode).toBe(1);
  });

  it("finds agents by their ids and jobs of a batch by their names, where a host could be called so", async () => {
    await using domain = openMemoryDomain();
    const { platform, control } = domain;
    await platform.network.ensure({ name: "team" });
    const jobs = ["front", "not/a/name"].map((name) => ({ command: ["sleep", "60"], network, name }));
    const leaving = new AbortController();
    const batch = Promise.allSettled([Array.fromAsync(platform.job.batch({ jobs }, { signal: leaving.signal }))]);
    const names = (): string[] => control.units().flatMap(({ membership }) => membership?.names ?? []);
    await expect.poll(() => control.units().length, { timeout: 20_000 }).toBe(2);
    expect(names()).toEqual(["front"]);
    leaving.abort();
    await batch;
  });

  it("is nobody else's: the same name is another network, and one that was not made is not joined", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.network.ensure({ name: "team" });
    const bob = domain.platformOf("bob");
    const absent = { code: "NOT_FOUND", message: 'You have no network "team".' };
    const hint = "Make it first: `moorage network ensure team`.";
    await expect(bob.sandbox.create({ network })).rejects.toMatchObject({ ...absent, hint });
    await expect(resultOf(bob.job.run({ command: ["true"], network }))).rejects.toMatchObject({ ...absent, hint });
    const list = "List what you own with `moorage network ls`.";
    await expect(bob.network.inspect({ name: "team" })).rejects.toMatchObject({ ...absent, hint: list });
    await expect(bob.network.remove({ name: "team" })).rejects.toMatchObject({ ...absent, hint: list });
    expect(await bob.network.list({})).toEqual({ items: [], nextCursor: null });
    expect((await bob.network.ensure({ name: "team" })).id).not.toBe(id);
  });

  it("of a name that somebody else's network has on the engine is refused, and never trusted", async () => {
    await using domain = openMemoryDomain();
    domain.control.host.networks.set("team", { labels: {}, subnet: "10.0.0.0/8" });
    const foreign = {
      code: "CONFLICT",
      message: 'The engine has a network "team" that is not Moorage\'s: it is not used.',
    };
    await expect(domain.platform.network.ensure({ name: "team" })).rejects.toMatchObject(foreign);
    expect(await domain.platform.network.list({})).toEqual({ items: [], nextCursor: null });
    domain.control.host.networks.delete("team");
    await domain.platform.network.ensure({ name: "team" });
    domain.control.host.networks.set("team", { labels: {}, subnet: "10.0.0.0/8" });
    await expect(domain.platform.sandbox.create({ network })).rejects.toMatchObject(foreign);
  });

  it.each(["Team", "-a", "a b", "a/b", "a".repeat(64), ""])("is not named by %j", async (name) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.network.ensure({ name })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("expected a DNS label: 1 to 63 of a-z, 0-9 and inner dashes") as string,
    });
    await expect(domain.platform.sandbox.create({ network: `net:${name}` })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("or net:NAME, the name a DNS label") as string,
    });
  });

  it("is refused on an engine without networks, with what would help", async () => {
    await using domain = openMemoryDomain();
    const { networks: _networks, ...engine } = domain.context.engine;
    await using bare = openMemoryDomain({ engine });
    const refused = {
      code: "ENGINE_UNSUPPORTED",
      message: 'The network policy "net:team" cannot be enforced by the memory engine: it enforces none alone.',
      hint: expect.stringContaining("Use --engine docker") as string,
    };
    await expect(bare.platform.network.ensure({ name: "team" })).rejects.toMatchObject(refused);
    await expect(bare.platform.sandbox.create({ network })).rejects.toMatchObject(refused);
    expect(await bare.platform.network.list({})).toEqual({ items: [], nextCursor: null });
  });
});

describe("removing a network", () => {
  it("is refused while it has members", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await platform.network.ensure({ name: "team" });
    for (const name of ["web", "db"]) await platform.sandbox.create({ name, network });
    await platform.sandbox.stop({ id: "db" });
    const hint = "Remove them first, or cut them off: `moorage network rm --force team`.";
    const refused = { code: "CONFLICT", hint };
    await expect(platform.network.remove({ name: "team" })).rejects.toMatchObject({
      ...refused,
      message: 'The network "team" has members: sandbox "web" and 1 more.',
    });
    await platform.sandbox.remove({ id: "web" });
    await expect(platform.network.remove({ name: "team" })).rejects.toMatchObject({
      ...refused,
      message: 'The network "team" has members: sandbox "db".',
    });
    await platform.sandbox.remove({ id: "db" });
    expect(await platform.network.remove({ name: "team" })).toEqual({ name: "team", removed: true, cutOff: [] });
    expect(domain.control.host.networks.size).toBe(0);
  });

  it("counts a job that goes on", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await platform.network.ensure({ name: "team" });
    const events = platform.job.run({ command: ["sleep", "60"], network })[Symbol.asyncIterator]();
    const first = await events.next();
    const { sandboxId } = first.done === true || first.value.type !== "started" ? { sandboxId: "" } : first.value;
    await expect(platform.network.remove({ name: "team" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The network "team" has members: job "${sandboxId}".`,
    });
    await events.return?.();
    expect(await platform.network.remove({ name: "team" })).toMatchObject({ removed: true });
  });

  it("cuts members off when told, and they say so", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await platform.network.ensure({ name: "team" });
    const { id } = await platform.sandbox.create({ name: "web", network });
    expect(await platform.network.remove({ name: "team", force: true })).toMatchObject({ cutOff: [id] });
    expect(await platform.sandbox.get({ id })).toMatchObject({ state: "running", network: "none" });
    await platform.network.ensure({ name: "team" });
    expect(await platform.network.inspect({ name: "team" })).toMatchObject({ members: [] });
  });

  it("that is broken off is finished by the next, and nobody joins meanwhile", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await platform.network.ensure({ name: "team" });
    domain.control.failNext("networks.remove", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    await expect(platform.network.remove({ name: "team" })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    const removing = {
      code: "CONFLICT",
      message: 'The network "team" is being removed.',
      hint: "Wait for that; if it was broken off, end it: `moorage network rm team`.",
    };
    await expect(platform.network.ensure({ name: "team" })).rejects.toMatchObject(removing);
    await expect(platform.sandbox.create({ network })).rejects.toMatchObject(removing);
    expect(await platform.network.remove({ name: "team" })).toMatchObject({ removed: true });
  });
});

describe("what ended Moorages have left", () => {
  it("is a network without a record, and is removed after what was in it", async () => {
    await using domain = openMemoryDomain();
    const { platform, context } = domain;
    const kept = await platform.network.ensure({ name: "kept" });
    const { id } = await platform.network.ensure({ name: "team" });
    const member = await platform.sandbox.create({ network });
    await context.store.sandboxes.remove(member.id);
    await context.store.networks.remove(id);
    expect((await cleanup(context)).removed).toEqual([
      { kind: "sandbox", id: member.id },
      { kind: "network", id },
    ]);
    expect(await context.engine.networks?.named.list()).toEqual([kept.id]);
  });

  it("is a record without a network, which is made again when it is used", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.network.ensure({ name: "team" });
    domain.control.host.networks.delete(id);
    expect(await domain.platform.network.inspect({ name: "team" })).toMatchObject({ id, subnet: null });
    await domain.platform.sandbox.create({ name: "web", network });
    expect((await domain.platform.network.inspect({ name: "team" })).members).toHaveLength(1);
  });

  it("is made again for a member that starts", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.network.ensure({ name: "team" });
    await domain.platform.sandbox.create({ name: "web", network });
    await domain.platform.sandbox.stop({ id: "web" });
    domain.control.host.networks.delete(id);
    expect(await domain.platform.sandbox.start({ id: "web" })).toMatchObject({ state: "running", network });
    expect(await domain.context.engine.networks?.named.list()).toEqual([id]);
  });

  it("one that lives on another engine is not made here, and is removed there", async () => {
    await using domain = openMemoryDomain();
    const createdAt = "2026-01-02T03:04:05.678Z";
    const row = { id: newId(), owner: "alice", name: "team", engine: "docker", createdAt, removing: false } as const;
    await domain.context.store.networks.insert(row);
    const elsewhere = {
      code: "ENGINE_UNSUPPORTED",
      message: 'The network "team" lives on the docker engine; this is the memory engine.',
      hint: "Repeat the command with --engine docker.",
    };
    await expect(domain.platform.network.ensure({ name: "team" })).rejects.toMatchObject(elsewhere);
    const absent = { code: "ENGINE_UNREACHABLE" };
    await expect(domain.platform.network.remove({ name: "team" })).rejects.toMatchObject(absent);
    expect(await domain.platform.network.inspect({ name: "team" })).toMatchObject({ engine: "docker", subnet: null });
  });
});
