import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import { settleOnce } from "./keep-settling.ts";

const stuck = new MoorageError("ENGINE_FAILED", "The engine coughed.");

it("a process finishes by itself what it owes", async () => {
  await using domain = openMemoryDomain();
  const { context, control, platform } = domain;
  control.failNext("createSandbox", stuck);
  control.failNext("remove", stuck);
  await expect(platform.sandbox.create({})).rejects.toBe(stuck);
  expect(await context.store.sandboxes.all()).toMatchObject([{ pending: { action: "remove" } }]);
  await settleOnce(context);
  expect(await context.store.sandboxes.all()).toEqual([]);
});

it("a process settles the changes that it has left off, and no others", async () => {
  await using domain = openMemoryDomain();
  const { context, platform } = domain;
  const { sandboxes } = context.store;
  const leave = async (id: string, holder: string): Promise<string> => {
    const made = await platform.sandbox.create({});
    const pending = { id, action: "stop", by: "owner", reason: null, holder } as const;
    await sandboxes.transition(made.id, {}, { pending });
    return made.id;
  };
  const [left, going, others] = [await leave("left", "test"), await leave("going", "test"), await leave("1", "dead")];
  context.underway.add("going");
  await settleOnce(context);
  expect(await sandboxes.get(left)).toMatchObject({ state: "running", pending: null });
  expect(await sandboxes.get(going)).toMatchObject({ pending: { id: "going" } });
  expect(await sandboxes.get(others)).toMatchObject({ pending: { id: "1" } });
});
