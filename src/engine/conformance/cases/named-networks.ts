import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import type { NamedNetworks, UnitSpec } from "../../engine.ts";
import { collect } from "../collect.ts";
import { newLabels, sandboxSpec, soon, type Fixture, type Unit } from "../fixture.ts";

const PORT = 8080;
const LISTENING_MS = 20_000;

/** A named network is kept as promised, or refused, on every host. */
export function describeNamedNetworks(fixture: () => Fixture): void {
  describe("named networks", () => {
    test("members reach one another by id and by name, also a job, and nobody else does", async () => {
      await using one = await openNetwork(fixture());
      if (one === undefined) return await expectRefusal(fixture());
      await using other = await openNetwork(fixture());
      if (other === undefined) throw new Error("The second network is refused, and the first is not.");
      const { sandbox, exec, job, harness } = fixture();
      await using web = await sandbox(one.joinedAs("web"));
      await using asking = await sandbox(one.joinedAs());
      await using outside = await sandbox(other.joinedAs("web2"));
      const serving = await exec(web, harness.programs.serve(PORT));
      await expectReached(fixture(), asking, "web");
      await expectReached(fixture(), asking, web.id);
      await using asked = await job({ ...one.joinedAs(), command: harness.programs.reach("web", PORT) });
      expect((await collect(asked.run)).exit.exitCode).toBe(0);
      for (const name of ["web", web.id]) expect(await reached(fixture(), outside, name)).toBe(false);
      await serving.kill();
    }, 90_000);

    test("one outlives its members, is no unit, and is removed when nothing is in it", async () => {
      await using network = await openNetwork(fixture());
      if (network === undefined) return;
      const { engine, sandbox } = fixture();
      const { id, named, joinedAs } = network;
      await using member = await sandbox(joinedAs("web"));
      await soon(named.ensure({ id, name: id }), "ensure again");
      expect(await soon(named.list(), "list")).toContain(id);
      expect((await soon(engine.list(), "list units")).map((unit) => unit.id)).not.toContain(id);
      const seen = await soon(named.inspect(id), "inspect");
      expect(seen?.members.map(({ unitId }) => unitId)).toEqual([member.id]);
      expect(seen?.subnet).toMatch(/^[\d.]+\/\d+$/);
      await expect(soon(named.remove(id), "remove")).rejects.toMatchObject({ code: "CONFLICT" });
      await soon(engine.stop(member.id, { graceMs: 0 }), "stop");
      await expect(soon(named.remove(id), "remove")).rejects.toMatchObject({ code: "CONFLICT" });
      await soon(engine.remove(member.id), "remove the member");
      await soon(named.remove(id), "remove");
      expect(await soon(named.inspect(id), "inspect")).toBeUndefined();
    }, 90_000);

    test("who left goes on without a network, also after a restart", async () => {
      await using network = await openNetwork(fixture());
      if (network === undefined) return;
      const { engine, sandbox, exec, harness } = fixture();
      const { id, named, joinedAs } = network;
      await using web = await sandbox(joinedAs("web"));
      await using gone = await sandbox(joinedAs("gone"));
      const serving = await exec(web, harness.programs.serve(PORT));
      await expectReached(fixture(), gone, "web");
      await soon(named.leave(id, gone.id), "leave");
      await soon(named.leave(id, gone.id), "leave again");
      expect(await reached(fixture(), gone, "web")).toBe(false);
      await serving.kill();
      await soon(engine.remove(web.id), "remove the member");
      await soon(named.remove(id), "remove");
      await soon(engine.stop(gone.id, { graceMs: 0 }), "stop");
      await soon(engine.start(gone.id), "start");
      expect((await soon(engine.inspect(gone.id), "inspect"))?.state).toBe("running");
    }, 90_000);

    test("another deployment does not see one, and takes neither its place nor the network away", async () => {
      await using network = await openNetwork(fixture());
      if (network === undefined) return;
      await using stranger = await fixture().openAgain(newLabels());
      const theirs = stranger.networks?.named;
      if (theirs === undefined) throw new Error("The engine has named networks.");
      const { id, named } = network;
      expect(await soon(theirs.inspect(id), "inspect")).toBeUndefined();
      expect(await soon(theirs.list(), "list")).not.toContain(id);
      await expect(soon(theirs.ensure({ id, name: id }), "ensure")).rejects.toMatchObject({ code: "CONFLICT" });
      await soon(theirs.remove(id), "remove");
      expect((await soon(named.inspect(id), "inspect"))?.id).toBe(id);
    });

    test("a unit does not start in one that is not there", async () => {
      await using network = await openNetwork(fixture());
      if (network === undefined) return;
      const { engine, harness } = fixture();
      const spec = sandboxSpec(harness, { network: "named", membership: { network: newId(), names: [] } });
      await expect(soon(engine.createSandbox(spec), "createSandbox")).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
    });
  });
}

type OpenNetwork = AsyncDisposable & {
  readonly id: string;
  readonly named: NamedNetworks;
  readonly joinedAs: (...names: string[]) => Pick<UnitSpec, "network"> & Partial<UnitSpec>;
};

/** Undefined where the engine says that it keeps none. */
async function openNetwork({ engine }: Fixture): Promise<OpenNetwork | undefined> {
  const { networks } = engine;
  if (networks === undefined || !(await networks.enforcement("named")).enforced) return undefined;
  const { named } = networks;
  const id = newId();
  await soon(named.ensure({ id, name: id }), "ensure");
  return {
    id,
    named,
    joinedAs: (...names) => ({ network: "named", membership: { network: id, names } }),
    [Symbol.asyncDispose]: () => soon(named.remove(id), "remove the network"),
  };
}

async function expectRefusal({ engine, harness }: Fixture): Promise<void> {
  const refused = { code: "ENGINE_UNSUPPORTED", message: expect.stringContaining('"named"') as string };
  const id = newId();
  const { networks } = engine;
  const asked = networks === undefined ? [] : [soon(networks.named.ensure({ id, name: id }), "ensure")];
  for (const answer of await Promise.allSettled(asked)) expect(answer).toMatchObject({ reason: refused });
  expect((await soon(networks?.named.list() ?? Promise.resolve([]), "list")).includes(id)).toBe(false);
  const spec = sandboxSpec(harness, { network: "named", membership: { network: id, names: [] } });
  await expect(soon(engine.createSandbox(spec), "createSandbox")).rejects.toMatchObject(refused);
  expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
}

async function reached({ exec, harness }: Fixture, from: Unit, name: string): Promise<boolean> {
  return (await collect(await exec(from, harness.programs.reach(name, PORT)))).exit.exitCode === 0;
}

/** Its server may not listen yet. */
async function expectReached(fixture: Fixture, from: Unit, name: string): Promise<void> {
  await expect.poll(() => reached(fixture, from, name), { timeout: LISTENING_MS }).toBe(true);
}
