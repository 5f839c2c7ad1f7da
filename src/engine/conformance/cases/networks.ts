import { describe, expect, test } from "vitest";
import type { Enforcement, NetworkPolicy } from "../../engine.ts";
import { collect } from "../collect.ts";
import { jobSpec, sandboxSpec, soon, type Fixture } from "../fixture.ts";

const POLICIES: readonly Exclude<NetworkPolicy, "none">[] = ["internal", "allow", "open"];

/** What the engine says about itself is what counts: a policy is kept, or its unit is refused, on every host. */
export function describeNetworks(fixture: () => Fixture): void {
  describe("networks", () => {
    test("no network can be had everywhere", async () => {
      expect(await enforcement(fixture(), "none")).toEqual({ enforced: true });
    });

    test.each(POLICIES)("%s is refused with its reason, or gives an interface of the unit's own", async (policy) => {
      const verdict = await enforcement(fixture(), policy);
      if (verdict.enforced) await expectInterface(fixture(), policy);
      else await expectRefusal(fixture(), policy);
    });

    test("what keeps the policies can be set again at any time", async () => {
      const { engine, sandbox } = fixture();
      await using unit = await sandbox();
      await soon(engine.networks?.reassert() ?? Promise.resolve(), "reassert");
      expect((await soon(engine.inspect(unit.id), "inspect"))?.state).toBe("running");
    });
  });
}

async function enforcement({ engine }: Fixture, policy: NetworkPolicy): Promise<Enforcement> {
  if (engine.networks !== undefined) return engine.networks.enforcement(policy);
  return policy === "none" ? { enforced: true } : { enforced: false, reason: "no networks", fix: "-" };
}

async function expectRefusal({ engine, harness }: Fixture, network: NetworkPolicy): Promise<void> {
  const refused = { code: "ENGINE_UNSUPPORTED", message: expect.stringContaining(`"${network}"`) as string };
  const sandbox = sandboxSpec(harness, { network });
  await expect(soon(engine.createSandbox(sandbox), "createSandbox")).rejects.toMatchObject(refused);
  expect(await soon(engine.inspect(sandbox.id), "inspect")).toBeUndefined();
  const job = jobSpec(harness, { network, command: harness.programs.exit(0) });
  await expect(soon(engine.startJob(job), "startJob")).rejects.toMatchObject(refused);
  expect(await soon(engine.inspect(job.id), "inspect")).toBeUndefined();
}

async function expectInterface(fixture: Fixture, network: NetworkPolicy): Promise<void> {
  const read = fixture.harness.programs.readFile("/proc/net/dev");
  await using unit = await fixture.sandbox({ network });
  expect((await collect(await fixture.exec(unit, read))).out).toContain("eth0");
  await soon(fixture.engine.remove(unit.id), "remove");
  expect(await soon(fixture.engine.inspect(unit.id), "inspect")).toBeUndefined();
  await using job = await fixture.job({ network, command: read });
  expect((await collect(job.run)).out).toContain("eth0");
}
