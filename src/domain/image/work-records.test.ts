import { expect, it } from "vitest";
import { openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import type { DomainContext } from "../context.ts";
import { createReaper } from "../reaper/reaper.ts";
import { cleanup } from "../recovery/cleanup.ts";

async function build({ platform }: MemoryDomain, tag: string, text: string): Promise<string> {
  const files = { Dockerfile: `FROM busybox:latest\nENV WORD=${text}\n` };
  const last = (await Array.fromAsync(platform.image.build({ files, tag }))).at(-1);
  return last?.type === "result" ? last.result.buildId : "";
}

const exporting = ({ platform }: MemoryDomain) =>
  platform.image.export({ images: { web: "agent-env:web" }, registry: "registry.example:5000" });

async function exported(domain: MemoryDomain): Promise<string> {
  const first = (await Array.fromAsync(exporting(domain))).at(0);
  return first?.type === "started" ? first.exportId : "";
}

async function isLogged({ logs }: DomainContext, id: string): Promise<boolean> {
  await using reader = logs.read(id, 0);
  return (await reader.next()) !== undefined;
}

async function kept({ platform, context }: MemoryDomain, ids: readonly string[]) {
  const builds = (await platform.image.builds({})).items.map(({ buildId }) => buildId);
  const exports = (await platform.image.exports({})).items.map(({ exportId }) => exportId);
  const logged = await Promise.all(ids.map((id) => isLogged(context, id)));
  return { records: new Set([...builds, ...exports]), logs: new Set(ids.filter((_id, index) => logged[index])) };
}

/** A policy that keeps what is said of records and logs. */
async function retaining(policy: Partial<DomainContext["policy"]>): Promise<DomainContext["policy"]> {
  await using base = openMemoryDomain();
  return { ...base.context.policy, ...policy };
}

it("builds and exports go when they are as old as runs may be, with their logs and without their receipts", async () => {
  const clock = setClock();
  const policy = await retaining({ recordRetention: { maxAgeMs: 7_200_000, maxCount: 0 } });
  await using domain = openMemoryDomain({ policy, clock });
  const old = [await build(domain, "web", "one"), await exported(domain)];
  clock.pass(7_100_000);
  const young = [await build(domain, "api", "two"), await exported(domain)];
  await cleanup(domain.context);
  expect(await kept(domain, old)).toEqual({ records: new Set([...old, ...young]), logs: new Set(old) });
  clock.pass(200_000);
  await cleanup(domain.context);
  expect(await kept(domain, [...old, ...young])).toEqual({ records: new Set(young), logs: new Set(young) });
  await expect(domain.platform.image.logs({ ref: "agent-env:web" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await domain.platform.image.exists({ reference: "agent-env:web" })).toMatchObject({ ok: true });
  expect(await domain.platform.receipt.verify({})).toMatchObject({ ok: true, count: 4 });
});

it("builds and exports go when they are too many, each by their own number", async () => {
  const clock = setClock();
  const policy = await retaining({ recordRetention: { maxAgeMs: 0, maxCount: 1 } });
  await using domain = openMemoryDomain({ policy, clock });
  const ids: string[] = [];
  for (const text of ["one", "two"]) {
    ids.push(await build(domain, text === "one" ? "web" : "api", text), await exported(domain));
    clock.pass(1);
  }
  await cleanup(domain.context);
  expect(await kept(domain, ids)).toEqual({ records: new Set(ids.slice(2)), logs: new Set(ids.slice(2)) });
});

it("the ages of builds and exports count the time that passes, whatever the clock is set to", async () => {
  const clock = setClock();
  const policy = await retaining({ recordRetention: { maxAgeMs: 7_200_000, maxCount: 0 } });
  await using domain = openMemoryDomain({ policy, clock });
  const ids = [await build(domain, "web", "one"), await exported(domain)];
  const reaper = createReaper(domain.context);
  await reaper.sweep();
  clock.jump(86_400_000);
  clock.pass(3_600_000);
  await reaper.sweep();
  expect((await kept(domain, ids)).records).toEqual(new Set(ids));
  clock.pass(3_700_000);
  await reaper.sweep();
  expect((await kept(domain, ids)).records).toEqual(new Set());
});

it("a build stays for as long as it has left something as cache, which only its record tells", async () => {
  const clock = setClock();
  const policy = await retaining({ recordRetention: { maxAgeMs: 1, maxCount: 0 } });
  await using domain = openMemoryDomain({ policy, clock });
  await build(domain, "web", "one");
  const second = await build(domain, "web", "two");
  expect(await domain.context.store.builds.withCache("memory")).toMatchObject([{ id: second }]);
  clock.pass(2);
  await cleanup(domain.context);
  expect(await kept(domain, [second])).toEqual({ records: new Set([second]), logs: new Set([second]) });
  await domain.platform.image.prune({});
  await cleanup(domain.context);
  expect(await kept(domain, [second])).toEqual({ records: new Set(), logs: new Set() });
});

it("the log of an export that goes on is left alone", async () => {
  const policy = await retaining({ logRetention: { maxAgeMs: 0, maxTotalBytes: 0 } });
  await using domain = openMemoryDomain({ policy });
  await build(domain, "web", "one");
  const { context } = domain;
  const { images } = context.engine;
  if (images === undefined) throw new Error("The engine memory has images.");
  const seen: boolean[] = [];
  const push: typeof images.push = async (reference, options) => {
    const [going] = await context.store.exports.open();
    await expect.poll(() => isLogged(context, going?.id ?? "")).toBe(true);
    await cleanup(context);
    seen.push(await isLogged(context, going?.id ?? ""));
    return images.push(reference, options);
  };
  Object.assign(context, { engine: { ...context.engine, images: { ...images, push } } });
  await exported(domain);
  expect(seen).toEqual([true, true]);
});
