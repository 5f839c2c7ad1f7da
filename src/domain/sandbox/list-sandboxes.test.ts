import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

describe("the list of sandboxes", () => {
  it("is filtered by label, name, image and state, all of them at once", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const images = { image: "busybox:latest" };
    await sandbox.create({ name: "web-1", labels: { team: "red", tier: "front" }, ...images });
    await sandbox.create({ name: "web-2", labels: { team: "blue", tier: "front" } });
    await sandbox.create({ name: "db", labels: { team: "red", "a.b": "c=d" } });
    await sandbox.create({ labels: { team: "red" } });
    await sandbox.pause({ id: "web-2" });
    const names = async (input: Parameters<typeof sandbox.list>[0]) =>
      (await sandbox.list(input)).items.map(({ name }) => name ?? "-").toSorted();
    expect(await names({ label: ["team=red"] })).toEqual(["-", "db", "web-1"]);
    expect(await names({ label: ["team=red", "tier=front"] })).toEqual(["web-1"]);
    expect(await names({ label: ["team="] })).toEqual([]);
    expect(await names({ label: ["a.b=c=d"] })).toEqual(["db"]);
    expect(await names({ namePrefix: "web-" })).toEqual(["web-1", "web-2"]);
    expect(await names({ namePrefix: "%" })).toEqual([]);
    expect(await names({ image: "busybox:latest" })).toEqual(["web-1"]);
    expect(await names({ state: ["paused"] })).toEqual(["web-2"]);
    expect(await names({ state: ["paused", "running"], namePrefix: "web" })).toEqual(["web-1", "web-2"]);
    expect(await names({ state: ["lost"] })).toEqual([]);
  });

  it("looks at the engine before it chooses by state", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    domain.control.vanish(id);
    expect((await domain.platform.sandbox.list({ state: ["running"] })).items).toEqual([]);
    expect((await domain.platform.sandbox.list({ state: ["lost"] })).items).toMatchObject([{ id }]);
  });

  it("is paged within a filter", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    for (const team of ["red", "blue", "red", "blue", "red"]) await sandbox.create({ labels: { team } });
    const first = await sandbox.list({ label: ["team=red"], limit: 2 });
    const second = await sandbox.list({ label: ["team=red"], limit: 2, cursor: first.nextCursor ?? "" });
    expect(first.items).toHaveLength(2);
    expect(second).toMatchObject({ items: [{ labels: { team: "red" } }], nextCursor: null });
  });

  it.each([
    [
      { state: ["sleeping"] },
      'state.0: expected one of starting, running, paused, stopped, archived, lost, error (got "sleeping")',
    ],
    [{ label: ["team"] }, 'label.0: expected KEY=VALUE (got "team")'],
    [{ labels: { team: "red" } }, "labels"],
  ])("refuses the filter %j", async (input, message) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.list(input as object)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [{ labels: { "-a": "b" } }, "expected a key of 1 to 63"],
    [{ labels: { a: "b".repeat(257) } }, "expected at most 256 characters"],
    [{ labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, ""])) }, "at most 64 labels"],
    [{ idleTimeoutMs: -1 }, "expected 0 (never) or more"],
    [{ ttlMs: 0 }, "expected at least 1 ms"],
  ])("and a sandbox is refused with %j", async (input, message) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create(input)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });
});
