import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
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
