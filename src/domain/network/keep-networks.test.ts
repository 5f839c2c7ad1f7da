import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { silentLogger } from "../../base/logger.ts";
import { createEgress } from "../../egress/egress.ts";
import type { Engine } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "../reaper/reaper.ts";
import { keepOnce } from "./keep-networks.ts";
import { unrestricted } from "../access/principal.ts";

const network = "allow:example.org";
const entrance = { host: "127.0.0.1", port: 0, unitAddress: "127.0.0.2" };

/** A domain whose units have proxies on loopback; what it looks up and makes may be held up by other things. */
async function openProxied() {
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-proxied-"));
  const domain = openMemoryDomain({ stateDirectory });
  const { engine, egress } = domain.context;
  const { networks } = engine;
  if (networks === undefined) throw new Error("The memory engine has networks.");
  const meanwhile = { making: async (): Promise<void> => {}, entering: async (): Promise<void> => {} };
  /** Those that have a network. */
  const ways = new Set<string>();
  const proxied: Engine = {
    ...engine,
    remove: async (id, signal) => {
      await engine.remove(id, signal);
      ways.delete(id);
    },
    networks: {
      ...networks,
      enforcement: () => Promise.resolve({ enforced: true }),
      entrance: async ({ id }) => {
        await meanwhile.entering();
        ways.add(id);
        return entrance;
      },
    },
    createSandbox: async (spec, signal) => {
      await meanwhile.making();
      await engine.createSandbox({ ...spec, network: "none" }, signal);
    },
    startJob: async (spec, signal) => {
      await meanwhile.making();
      return engine.startJob({ ...spec, network: "none" }, signal);
    },
  };
  const context: DomainContext = { ...domain.context, engine: proxied };
  return {
    context,
    meanwhile,
    egress,
    engine,
    ways,
    platform: createPlatform(context, unrestricted("alice")),
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await egress[Symbol.asyncDispose]();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

describe("a look at all networks", () => {
  it("leaves a sandbox that is being made its proxy", async () => {
    await using it = await openProxied();
    it.meanwhile.making = () => keepOnce(it.context);
    const { id } = await it.platform.sandbox.create({ network });
    expect(it.egress.isOpen(id)).toBe(true);
  });

  it("leaves a sandbox its proxy whose making ends during the look", async () => {
    await using it = await openProxied();
    const seen = Promise.withResolvers<void>();
    const made = Promise.withResolvers<void>();
    let looking: Promise<void> = Promise.resolve();
    const inspect: Engine["inspect"] = async (id, signal) => {
      const unit = await it.engine.inspect(id, signal);
      seen.resolve();
      await made.promise;
      return unit;
    };
    it.meanwhile.making = () => {
      looking = keepOnce({ ...it.context, engine: { ...it.context.engine, inspect } });
      return Promise.race([seen.promise, looking]);
    };
    const { id } = await it.platform.sandbox.create({ network });
    made.resolve();
    await looking;
    expect(it.egress.isOpen(id)).toBe(true);
  });

  it("leaves a job that is starting its proxy", async () => {
    await using it = await openProxied();
    let opened: readonly string[] = [];
    it.meanwhile.making = async () => {
      await keepOnce(it.context);
      opened = it.egress.opened();
    };
    const { sandboxId } = await resultOf(it.platform.job.run({ command: ["true"], network }));
    expect(opened).toEqual([sandboxId]);
    expect(it.egress.opened()).toEqual([]);
  });

  it("closes that of a sandbox that another process has removed", async () => {
    await using it = await openProxied();
    const { id } = await it.platform.sandbox.create({ network });
    await it.engine.remove(id);
    await it.context.store.sandboxes.remove(id);
    await keepOnce(it.context);
    expect(it.egress.opened()).toEqual([]);
  });

  it("opens none for a sandbox that is removed meanwhile", async () => {
    await using it = await openProxied();
    const { id } = await it.platform.sandbox.create({ name: "one", network });
    const other = await it.platform.sandbox.create({ name: "other", network });
    await it.egress.close(id);
    await it.egress.close(other.id);
    it.meanwhile.entering = async () => {
      it.meanwhile.entering = () => Promise.resolve();
      await it.platform.sandbox.remove({ id });
      await it.platform.sandbox.remove({ id: other.id });
    };
    await keepOnce(it.context);
    expect(it.egress.opened()).toEqual([]);
    expect([...it.ways]).toEqual([]);
  });
});

it("a sandbox that another process has archived gets a proxy where its new network is", async () => {
  await using it = await openProxied();
  const { id } = await it.platform.sandbox.create({ network });
  await it.platform.sandbox.stop({ id });
  const timers = { ...it.context.policy.timers, archiveAfterMs: 1 };
  const egress = createEgress({ logger: silentLogger });
  const other = { ...it.context, egress, policy: { ...it.context.policy, timers } };
  await expect.poll(() => createReaper(other).sweep()).toEqual([{ what: "archived", id }]);
  let entered = 0;
  it.meanwhile.entering = () => Promise.resolve(void (entered += 1));
  await it.platform.sandbox.start({ id });
  expect(entered).toBe(1);
});
