import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { Event, WatchEvent } from "../../contracts/types.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { unrestricted } from "../access/principal.ts";
import type { Principal } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { EventBus } from "./event-bus.ts";

const START = "0000000000000000";

/** What is kept by now. */
async function soFar({ context }: MemoryDomain, input: object = {}): Promise<Event[]> {
  const events = new EventBus(context.store.events);
  await events.endAll();
  const { event } = createPlatform({ ...context, events }, unrestricted("alice"));
  const told = await Array.fromAsync(event.watch({ after: START, ...input }));
  return told.filter((each) => "subject" in each);
}

async function next(events: AsyncIterator<WatchEvent>): Promise<WatchEvent> {
  const told = await events.next();
  if (told.done === true) throw new Error("The events have ended.");
  return told.value;
}

function watching(domain: MemoryDomain, principal: Partial<Principal>, input: object = {}): AsyncIterator<WatchEvent> {
  const platform = createPlatform(domain.context, { ...unrestricted("alice"), ...principal });
  return platform.event.watch(input)[Symbol.asyncIterator]();
}

describe("events", () => {
  it("tell the life of a sandbox and its runs, in their order", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ name: "harbour" });
    await resultOf(sandbox.exec({ id, command: ["exit", "3"] }));
    await sandbox.pause({ id });
    await sandbox.resume({ id });
    await sandbox.stop({ id });
    await sandbox.start({ id });
    await sandbox.remove({ id });
    const events = await soFar(domain, { owner: "*" });
    expect(events.map(({ type }) => type)).toEqual([
      ...["sandbox.created", "sandbox.started", "run.started", "run.finished", "sandbox.paused", "sandbox.resumed"],
      ...["sandbox.stopped", "sandbox.started", "sandbox.removed"],
    ]);
    expect(events[0]).toMatchObject({ owner: "alice", subject: { kind: "sandbox", id, name: "harbour" } });
    expect(events[3]).toMatchObject({ facts: { kind: "exec", sandboxId: id, status: "failed", exitCode: 3 } });
    expect(events[4]?.facts).toEqual({ from: "running", by: "owner" });
    const ids = events.map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it("hold no commands, variables or output", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ env: { TOKEN: "hidden-variable" }, labels: { a: "hidden-label" } });
    await resultOf(sandbox.exec({ id, command: ["echo", "hidden-output"] }));
    expect(JSON.stringify(await soFar(domain))).not.toContain("hidden");
  });

  it("tell of a start that failed", async () => {
    await using domain = openMemoryDomain();
    domain.control.failNext("createSandbox", new MoorageError("ENGINE_FAILED", "No."));
    await expect(domain.platform.sandbox.create({})).rejects.toThrow("No.");
    expect((await soFar(domain)).map(({ type }) => type)).toEqual(["sandbox.created", "sandbox.failed"]);
  });

  it("tell of keys, users, networks and what was made of them", async () => {
    await using domain = openMemoryDomain();
    const { user, key, network } = domain.platform;
    await user.create({ name: "carol" });
    const { id } = await key.create({ user: "carol", agent: "builder" });
    await key.revoke({ id });
    await user.update({ name: "carol", disabled: true });
    await network.ensure({ name: "quay" });
    await network.remove({ name: "quay" });
    const events = await soFar(domain, { owner: "*" });
    expect(events.map(({ type, owner, facts }) => ({ type, owner, facts }))).toEqual([
      { type: "user.created", owner: "carol", facts: { role: "member", disabled: false } },
      { type: "key.created", owner: "carol", facts: { agent: "carol.builder" } },
      { type: "key.revoked", owner: "carol", facts: { agent: "carol.builder" } },
      { type: "user.updated", owner: "carol", facts: { role: "member", disabled: true } },
      { type: "network.created", owner: "alice", facts: {} },
      { type: "network.removed", owner: "alice", facts: {} },
    ]);
  });

  it("are told as they happen, also those of another process with the same state", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-events-"));
    const path = join(directory, "state.db");
    {
      await using store = openSqliteStore(path);
      await using other = openSqliteStore(path);
      await using here = openMemoryDomain({ store });
      await using there = openMemoryDomain({ store: other });
      const events = here.platform.event.watch({ filter: ["network.*"] })[Symbol.asyncIterator]();
      expect(await next(events)).toEqual({ type: "watching", id: START });
      await there.platform.network.ensure({ name: "quay" });
      expect(await next(events)).toMatchObject({ type: "network.created", subject: { name: "quay" } });
      await events.return?.();
      expect(here.context.events.listeners).toBe(0);
    }
    await rm(directory, { recursive: true });
  });

  it("of nobody else are told, but to an administrator who asks", async () => {
    await using domain = openMemoryDomain();
    await domain.platformOf("bob").network.ensure({ name: "theirs" });
    await domain.platform.network.ensure({ name: "ours" });
    const names = async (input: object) => (await soFar(domain, input)).map(({ subject }) => subject.name);
    expect(await names({})).toEqual(["ours"]);
    expect(await names({ owner: "bob" })).toEqual(["theirs"]);
    expect(await names({ owner: "*" })).toEqual(["theirs", "ours"]);
    expect(await names({ owner: "*", subject: "theirs" })).toEqual(["theirs"]);
    for (const owner of ["bob", "*"]) {
      await expect(next(watching(domain, { role: "member" }, { owner }))).rejects.toMatchObject({
        code: "FORBIDDEN",
        message: `event.watch: owner: expected yours, alice, since only administrators are told of others (got "${owner}").`,
      });
    }
  });

  it("are told by what a key may read", async () => {
    await using domain = openMemoryDomain();
    const scoped = { role: "member", scopes: ["sandbox:read"] } as const;
    await domain.platform.user.create({ name: "alice" });
    await domain.platform.key.create({ name: "unseen", user: "alice" });
    await domain.platform.network.ensure({ name: "seen" });
    const events = watching(domain, scoped, { after: START });
    await next(events);
    expect(await next(events)).toMatchObject({ type: "network.created" });
    await events.return?.();
    await expect(next(watching(domain, scoped, { filter: ["key.*"] }))).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "event.watch: expected a key with the scope key:read, got one with sandbox:read.",
    });
    const agent = { owner: "alice.builder", agent: true, role: "member" } as const;
    await expect(next(watching(domain, agent, { filter: ["user.*"] }))).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("go on behind the one that was told last, and say where some are not kept any more", async () => {
    await using domain = openMemoryDomain();
    const { network } = domain.platform;
    for (const name of ["a", "b", "c"]) await network.ensure({ name });
    const [first, second, third] = await soFar(domain);
    expect((await soFar(domain, { after: first?.id })).map(({ id }) => id)).toEqual([second?.id, third?.id]);
    const rows = domain.context.store.events;
    const kept = { ...rows, after: async (from: number, most: number) => rows.after(Math.max(from, 2), most) };
    const context = { ...domain.context, store: { ...domain.context.store, events: kept } };
    const events = createPlatform(context, unrestricted("alice")).event.watch({ after: START });
    const told: WatchEvent[] = [];
    for await (const event of events) {
      told.push(event);
      if (told.length === 3) break;
    }
    expect(told).toMatchObject([
      { type: "watching", id: START },
      { type: "missed", id: second?.id, count: null },
      { type: "network.created", id: third?.id },
    ]);
  });

  it("of a listener that does not keep up are counted, and the writer waits for nobody", async () => {
    await using domain = openMemoryDomain();
    const { network } = domain.platform;
    const slow = domain.platform.event.watch({ filter: ["network.created"] })[Symbol.asyncIterator]();
    const brisk = domain.platform.event.watch({ filter: ["network.created"] })[Symbol.asyncIterator]();
    await next(slow);
    await next(brisk);
    for (let made = 0; made < 1100; made += 1) {
      await domain.context.store.networks.insert({
        ...{ id: `n${made}`, owner: "alice", name: `n${made}`, engine: "memory", removing: false },
        createdAt: new Date(0).toISOString(),
      });
      if (made % 100 === 99) for (let read = 0; read < 100; read += 1) await next(brisk);
    }
    for (let read = 0; read < 1000; read += 1) expect((await next(slow)).type).toBe("network.created");
    expect(await next(slow)).toEqual({ type: "missed", id: "0000000000001100", count: 100 });
    await network.ensure({ name: "after" });
    expect(await next(slow)).toMatchObject({ type: "network.created", subject: { name: "after" } });
    await Promise.all([slow.return?.(), brisk.return?.()]);
  });

  it("end for a key that is revoked or has expired, and for a user who is shut out", async () => {
    await using domain = openMemoryDomain();
    const { user, key } = domain.platform;
    await user.create({ name: "carol" });
    const { id } = await key.create({ user: "carol" });
    const carol = { owner: "carol", user: "carol", role: "member" } as const;
    const byKey = watching(domain, { ...carol, keyId: id });
    const byToken = watching(domain, carol);
    const expiring = watching(domain, { ...carol, keyId: id, expiresAt: new Date(Date.now() + 50).toISOString() });
    for (const each of [byKey, byToken, expiring]) await next(each);
    await expect(next(expiring)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await key.revoke({ id });
    await expect(next(byKey)).rejects.toThrow(`The API key ${id} was revoked.`);
    expect(await next(byToken)).toMatchObject({ type: "key.revoked" });
    await user.update({ name: "carol", disabled: true });
    await expect(next(byToken)).rejects.toThrow("The user carol is disabled.");
    expect(domain.context.events.listeners).toBe(0);
  });

  it("end when the server stops, and when the caller leaves", async () => {
    await using domain = openMemoryDomain();
    const leaving = new AbortController();
    const left = domain.platform.event.watch({}, { signal: leaving.signal })[Symbol.asyncIterator]();
    const stays = domain.platform.event.watch({})[Symbol.asyncIterator]();
    await next(left);
    await next(stays);
    leaving.abort();
    await expect(next(left)).rejects.toMatchObject({ code: "CANCELED" });
    await domain.platform.network.ensure({ name: "last" });
    await domain.context.events.endAll();
    expect(await next(stays)).toMatchObject({ type: "network.created" });
    expect(await next(stays)).toEqual({ type: "ended", reason: "The server is stopping." });
    expect((await stays.next()).done).toBe(true);
    expect(domain.context.events.listeners).toBe(0);
  });

  it.each([
    [
      { filter: ["sandbx.*"] },
      'event.watch: filter.0: expected a type such as run.finished, all of a noun such as sandbox.*, or * (got "sandbx.*").',
    ],
    [{ filter: [] }, "event.watch: filter: expected one at least."],
    [{ after: "now" }, 'event.watch: after: expected the id of an event, 16 digits (got "now").'],
    [
      { after: "0000000000000007" },
      'event.watch: after: expected the id of an event so far, at most 0000000000000000 (got "0000000000000007").',
    ],
  ])("are not told for %j", async (input, message) => {
    await using domain = openMemoryDomain();
    const events = domain.platform.event.watch(input)[Symbol.asyncIterator]();
    await expect(next(events)).rejects.toMatchObject({ code: "INVALID_INPUT", message });
  });
});
