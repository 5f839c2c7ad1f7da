import { describe, expect, it, vi } from "vitest";
import { crashAfter } from "../../../test/fixtures/crash.ts";
import { openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../contracts/platform.ts";
import { createPlatform } from "../domain.ts";
import { OpenCalls } from "./open-calls.ts";
import { createAdmit } from "./admit.ts";
import { LOCAL_USER, unrestricted } from "./principal.ts";

const HOUR = 3_600_000;
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const keyed = { idempotencyKey: "first" };

/** The platform as the next process sees it that opens the same state; the one before is dead. */
function restarted({ context }: MemoryDomain, now = Date.now()): Platform {
  const holders = { ...context.holders, self: "next", isAlive: (holder: string) => holder === "next" };
  const clock = { ...context.clock, now: () => now };
  return createPlatform({ ...context, holders, clock, openCalls: new OpenCalls() }, unrestricted("alice"));
}

async function names(platform: Platform): Promise<string[]> {
  return (await platform.sandbox.list({})).items.map(({ name }) => name ?? "-").toSorted((a, b) => (a < b ? -1 : 1));
}

describe("a change with a key", () => {
  it("happens once, and its answer is told again, also by the next server", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const first = vi.fn<() => void>();
    const made = await platform.sandbox.create({ labels: { a: "1" } }, { ...keyed, onReplayed: first });
    expect(first).not.toHaveBeenCalled();
    const again = vi.fn<() => void>();
    expect(await platform.sandbox.create({ labels: { a: "1" } }, { ...keyed, onReplayed: again })).toEqual(made);
    expect(again).toHaveBeenCalledOnce();
    expect(await restarted(domain).sandbox.create({ labels: { a: "1" } }, keyed)).toEqual(made);
    expect(await names(platform)).toHaveLength(1);
    const changes = (await platform.audit.list({})).items.filter(({ operation }) => operation === "change");
    expect(changes).toHaveLength(1);
  });

  it("is joined while it goes on", async () => {
    await using domain = openMemoryDomain();
    const calls = Array.from({ length: 5 }, () => domain.platform.sandbox.create({}, keyed));
    const ids = (await Promise.all(calls)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    expect(await names(domain.platform)).toHaveLength(1);
  });

  it("ends when the last who waits for it has left, and then begins anew", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const [one, two] = [new AbortController(), new AbortController()];
    const first = platform.sandbox.create({ name: "web" }, { ...keyed, signal: one.signal });
    const second = platform.sandbox.create({ name: "web" }, { ...keyed, signal: two.signal });
    one.abort();
    await expect(first).rejects.toMatchObject({ code: "CANCELED" });
    const { id } = await second;
    expect(await names(platform)).toEqual(["web"]);
    const gone = AbortSignal.abort();
    const given = platform.sandbox.create({ name: "db" }, { idempotencyKey: "second", signal: gone });
    const anew = platform.sandbox.create({ name: "db" }, { idempotencyKey: "second" });
    await expect(given).rejects.toMatchObject({ code: "CANCELED" });
    expect((await anew).id).not.toBe(id);
    expect(await names(platform)).toEqual(["db", "web"]);
  });

  it("refuses the key for another input and for another operation", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const { id } = await platform.sandbox.create({ name: "web" }, keyed);
    for (const call of [platform.sandbox.create({ name: "db" }, keyed), platform.sandbox.stop({ id }, keyed)]) {
      await expect(call).rejects.toMatchObject({
        code: "IDEMPOTENCY_KEY_REUSED",
        message: matching(
          /^sandbox\.\w+: the idempotency key "first" was used for another operation or another input\.$/,
        ),
      });
    }
    const open = platform.sandbox.create({ name: "one" }, { idempotencyKey: "second" });
    const other = platform.sandbox.create({ name: "two" }, { idempotencyKey: "second" });
    await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
    await open;
    expect(await names(platform)).toEqual(["one", "web"]);
  });

  it("is its owner's: the same key of somebody else's is another one", async () => {
    await using domain = openMemoryDomain();
    const hers = await domain.platform.sandbox.create({}, keyed);
    const his = await domain.platformOf("bob").sandbox.create({}, keyed);
    expect(his).toMatchObject({ owner: "bob" });
    expect(his.id).not.toBe(hers.id);
  });

  it("is told to nobody who may not make it", async () => {
    await using domain = openMemoryDomain();
    const admin = domain.platformOf(LOCAL_USER);
    await admin.user.create({ name: "alice" });
    await domain.platform.sandbox.create({}, keyed);
    const { key } = await admin.key.create({ user: "alice", role: "viewer" });
    const viewer = await createAdmit(domain.context)({ bearer: key });
    await expect(viewer.sandbox.create({}, keyed)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  it("that failed is forgotten", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await expect(platform.sandbox.stop({ id: "web" }, keyed)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await platform.sandbox.create({ name: "web" });
    expect(await platform.sandbox.stop({ id: "web" }, keyed)).toMatchObject({ name: "web", state: "stopped" });
  });

  it("is kept for a day, and of an owner the latest thousand", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({}, keyed);
    const create = async (hours: number) =>
      (await restarted(domain, Date.now() + hours * HOUR).sandbox.create({}, keyed)).id;
    expect(await create(23)).toBe(id);
    expect(await create(25)).not.toBe(id);
    const { keptCalls } = domain.context.store;
    const time = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n).toISOString();
    const call = (n: number) => ({ owner: "bob", key: `${n}`, fingerprint: "", holder: null, answer: null });
    for (let n = 0; n <= 1000; n += 1) await keptCalls.begin(call(n), time(n), time(0));
    expect(await keptCalls.begin(call(1), time(2000), time(0))).toMatchObject({ key: "1" });
    expect(await keptCalls.begin(call(0), time(2000), time(0))).toBeUndefined();
  });
});

describe("an answer that is not there", () => {
  const broken =
    'sandbox.create with the idempotency key "first" was broken off when its server ended; whether it was done is not known.';

  it("is told honestly, at whichever point the server was killed", { timeout: 60_000 }, async () => {
    const ends = new Set<string>();
    for (let calls = 0; ; calls += 1) {
      await using domain = openMemoryDomain();
      const doomed = crashAfter(calls, domain.context);
      const first = createPlatform(doomed.context, unrestricted("alice")).sandbox.create({ name: "web" }, keyed);
      const made = await first.catch(() => undefined);
      if (!doomed.crashed()) break;
      const told = await restarted(domain)
        .sandbox.create({ name: "web" }, keyed)
        .then(
          (again) => (made === undefined || again.id === made.id ? "answered" : "twice"),
          (error: unknown) => (error instanceof Error ? error.message : "?"),
        );
      ends.add(told);
      expect((await domain.context.store.sandboxes.all()).length, `after ${calls}`).toBeLessThan(2);
    }
    expect([...ends].toSorted()).toEqual(["answered", broken]);
  });

  it("is named where another process is at work on it, and where it was too large", async () => {
    await using domain = openMemoryDomain();
    const { keptCalls } = domain.context.store;
    const now = new Date().toISOString();
    const { id } = await domain.platform.sandbox.create({});
    await domain.platform.sandbox.stop({ id }, { idempotencyKey: "large" });
    await keptCalls.end("alice", "large", null);
    await expect(domain.platform.sandbox.stop({ id }, { idempotencyKey: "large" })).rejects.toMatchObject({
      code: "ANSWER_LOST",
      message: 'sandbox.stop with the idempotency key "large" was done; its answer was too large to keep.',
    });
    await domain.platform.sandbox.start({ id }, { idempotencyKey: "open" });
    await keptCalls.forget("alice", "open");
    const kept = { owner: "alice", key: "open", holder: "other", answer: null };
    const fingerprint = await fingerprintOfStart(domain, id);
    await keptCalls.begin({ ...kept, fingerprint }, now, now);
    const holders = { ...domain.context.holders, isAlive: () => true };
    const other = createPlatform({ ...domain.context, holders }, unrestricted("alice"));
    await expect(other.sandbox.start({ id }, { idempotencyKey: "open" })).rejects.toMatchObject({
      code: "ANSWER_LOST",
      message: 'sandbox.start with the idempotency key "open" is at work in another process.',
    });
  });

  /** As it is kept for the same call by another key. */
  async function fingerprintOfStart({ platform, context }: MemoryDomain, id: string): Promise<string> {
    await platform.sandbox.start({ id }, { idempotencyKey: "sample" });
    const row = { owner: "alice", key: "sample", fingerprint: "", holder: null, answer: null };
    const known = await context.store.keptCalls.begin(row, new Date().toISOString(), "");
    return known?.fingerprint ?? "";
  }
});

describe("a key", () => {
  it("is refused by name where the answer is a stream or a secret, and passed over where nothing changes", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    await expect(platform.key.create({}, keyed)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "idempotency-key: key.create takes none, for it answers with what is not kept.",
    });
    await expect(Array.fromAsync(platform.job.run({ command: ["true"] }, keyed))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "idempotency-key: job.run takes none, for it answers with a stream.",
    });
    await platform.sandbox.list({}, keyed);
    expect(await platform.sandbox.create({}, keyed)).toMatchObject({ owner: "alice" });
  });

  it.each(["", "two words", "über", "x".repeat(256)])("has to be one: %j", async (idempotencyKey) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({}, { idempotencyKey })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "idempotency-key: expected 1 to 255 visible ASCII characters, without spaces.",
    });
  });

  it("leaves nothing of inputs that are refused", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ name: "!" }, keyed)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await domain.platform.sandbox.create({ name: "web" }, keyed)).toMatchObject({ name: "web" });
  });
});
