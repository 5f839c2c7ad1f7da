import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { systemClock } from "../../base/clock.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER } from "./principal.ts";
import { RateLimit } from "./rate-limit.ts";

async function openDoor() {
  const time = { ms: 0 };
  const domain = openMemoryDomain({ clock: { ...systemClock, monotonic: () => time.ms } });
  const admin = domain.platformOf(LOCAL_USER);
  await admin.user.create({ name: "alice" });
  const admit = createAdmit(domain.context);
  return { time, domain, admin, admit, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
}

it("a user's requests are counted with those of their agents, and let in again after a while", async () => {
  await using door = await openDoor();
  await door.admin.quota.set({ user: "alice", requestsPerMinute: 2 });
  const { key: bearer } = await door.admin.key.create({ user: "alice" });
  const { key: agent } = await door.admin.key.create({ user: "alice", agent: "builder" });
  await door.admit({ bearer });
  await door.admit({ bearer: agent });
  await expect(door.admit({ bearer })).rejects.toMatchObject({
    code: "RATE_LIMITED",
    message: "alice may send 2 requests in a minute, together with their agents.",
    details: { retryAfterMs: 30_000 },
  });
  await door.admit({ bearer: (await door.admin.key.create({})).key });
  door.time.ms += 29_999;
  await expect(door.admit({ bearer })).rejects.toMatchObject({ details: { retryAfterMs: 1 } });
  door.time.ms += 1;
  await door.admit({ bearer });
});

it("who guesses keys is heard no more for a while, and locks nobody out who uses one from there", async () => {
  await using door = await openDoor();
  const address = "192.0.2.1";
  const used = (await door.admin.key.create({})).key;
  const unused = (await door.admin.key.create({})).key;
  await door.admit({ bearer: used, address });
  const wrong = `${unused.slice(0, -43)}${"A".repeat(43)}`;
  for (let tried = 0; tried < 60; tried += 1) {
    await expect(door.admit({ bearer: wrong, address })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  const told = {
    code: "RATE_LIMITED",
    message: "From 192.0.2.1 came more than 60 keys or tokens in a minute that open nothing.",
    details: { retryAfterMs: 1000 },
  };
  await expect(door.admit({ bearer: wrong, address })).rejects.toMatchObject(told);
  for (const bearer of [used, unused]) await door.admit({ bearer, address });
  await expect(door.admit({ bearer: wrong, address: "192.0.2.2" })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  door.time.ms += 1000;
  await expect(door.admit({ bearer: wrong, address })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

it("what is asked about again counts neither as a request nor as a failure, and keeps no key in use", async () => {
  await using door = await openDoor();
  await door.admin.quota.set({ user: "alice", requestsPerMinute: 1 });
  const { id, key: bearer } = await door.admin.key.create({ user: "alice" });
  const shown = { bearer, address: "192.0.2.1", again: true };
  for (let asked = 0; asked < 100; asked += 1) await door.admit(shown);
  expect((await door.admin.key.get({ id })).lastUsedAt).toBeNull();
  await door.admit({ bearer });
  await door.admin.key.revoke({ id });
  for (let asked = 0; asked < 100; asked += 1) {
    await expect(door.admit(shown)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  await door.admit({ bearer: (await door.admin.key.create({})).key, address: "192.0.2.1" });
});

it("no more than ten thousand names are remembered", () => {
  const limit = new RateLimit({ ...systemClock, monotonic: () => 0 });
  expect([limit.take("first", 1), limit.take("first", 1)]).toEqual([undefined, 60_000]);
  for (let name = 0; name < 10_000; name += 1) limit.take(String(name), 1);
  expect(limit.take("first", 1)).toBeUndefined();
});
