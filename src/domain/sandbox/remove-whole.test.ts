import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { openNetworked } from "../../../test/fixtures/networked-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import { createReaper } from "../reaper/reaper.ts";

const stuck = new MoorageError("ENGINE_FAILED", "The engine coughed.");

describe("a sandbox that could not be made, and whose remains cannot be removed", () => {
  it("keeps its volume and its row as long as it may run, and goes with the next sweep", async () => {
    await using domain = openMemoryDomain();
    const { context, control, platform } = domain;
    const create = () =>
      platform.sandbox.create({
        ...{ name: "web", workspace: "volume:data", command: ["sleep", "600"] },
        ...{ readiness: { command: ["false"] }, readinessTimeoutMs: 100 },
      });
    control.failNext("remove", stuck);
    await expect(create()).rejects.toMatchObject({ code: "SANDBOX_NOT_READY" });
    const [unit] = await context.engine.list();
    expect(await context.store.sandboxes.all()).toMatchObject([{ id: unit?.id, pending: { action: "remove" } }]);
    await expect(platform.sandbox.create({ workspace: "volume:data" })).rejects.toMatchObject({ code: "CONFLICT" });
    await createReaper(context).sweep();
    expect(await context.engine.list()).toEqual([]);
    expect(await context.store.sandboxes.all()).toEqual([]);
  });

  it("does not keep another of its name from being made", async () => {
    await using domain = openMemoryDomain();
    const { context, control, platform } = domain;
    control.failNext("createSandbox", stuck);
    control.failNext("remove", stuck);
    await expect(platform.sandbox.create({ name: "web" })).rejects.toBe(stuck);
    expect(await platform.sandbox.create({ name: "web" })).toMatchObject({ name: "web", state: "running" });
    expect(await context.store.sandboxes.all()).toHaveLength(1);
  });
});

it("a sandbox that could not be looked at after its start has started", async () => {
  await using domain = openMemoryDomain();
  domain.control.failNext("inspect", stuck);
  expect(await domain.platform.sandbox.create({ command: ["sleep", "600"] })).toMatchObject({ state: "running" });
});

it("a sandbox of which nothing is left but the news holds neither a port nor a volume", async () => {
  const { domain, platform } = openNetworked();
  await using _domain = domain;
  const { context } = domain;
  const { store } = context;
  const shared = { workspace: "volume:data", shareWorkspace: true };
  const made = await platform.sandbox.create({ name: "web", ports: [{ port: 80 }], workspace: "volume:data" });
  const hostPort = made.ports[0]?.hostPort ?? 0;
  await store.sandboxes.transition(made.id, {}, { state: "starting", holder: "dead" });
  expect(await createReaper(context).sweep()).toEqual([{ what: "failed", id: made.id }]);
  expect(await platform.sandbox.get({ id: "web" })).toMatchObject({ state: "error", ports: [{ hostPort }] });
  expect(await store.sandboxes.isHostPortTaken(hostPort)).toBe(false);
  const next = await platform.sandbox.create({ ports: [{ port: 80, hostPort }], ...shared });
  await expect(platform.sandbox.create({ ports: [{ port: 80, hostPort }], ...shared })).rejects.toMatchObject({
    code: "CONFLICT",
    message: `The host port ${hostPort}/tcp is taken by your sandbox "${next.id}".`,
  });
  expect((await platform.volume.list({})).items).toMatchObject([{ sandboxes: [next.id] }]);
  await platform.sandbox.remove({ id: "web" });
  expect(await store.sandboxes.isHostPortTaken(hostPort)).toBe(true);
  await platform.sandbox.remove({ id: next.id });
  expect(await store.sandboxes.isHostPortTaken(hostPort)).toBe(false);
  expect(await platform.volume.remove({ name: "data" })).toMatchObject({ removed: true });
});

describe("a removal that fails", () => {
  it("leaves the sandbox to its owner, as it is", async () => {
    await using domain = openMemoryDomain();
    const { control, platform } = domain;
    await platform.sandbox.create({ name: "web" });
    control.failNext("remove", stuck);
    await expect(platform.sandbox.remove({ id: "web" })).rejects.toBe(stuck);
    expect(await platform.sandbox.get({ id: "web" })).toMatchObject({ state: "running" });
    await platform.sandbox.remove({ id: "web" });
    expect(await domain.context.engine.list()).toEqual([]);
  });
});
