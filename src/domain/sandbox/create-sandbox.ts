import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { Sandbox, SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { startBehindEgress } from "../network/egress.ts";
import { existingSandbox } from "./existing-sandbox.ts";
import { waitUntilReady } from "../readiness/wait-until-ready.ts";
import { planSandbox } from "./plan-sandbox.ts";
import { sandboxView } from "./sandbox-view.ts";
import { current } from "./sandboxes.ts";
import { moveTo } from "./transition.ts";
import { unitSpec } from "./unit-spec.ts";

export async function createSandbox(call: Call, input: SandboxCreate): Promise<Sandbox> {
  const { context } = call;
  const existing = await existingSandbox(call, input);
  if (existing !== undefined) return current(context, existing);
  const row = await planSandbox(call, input);
  try {
    await context.store.sandboxes.insert(row);
  } catch (error) {
    // Two creates of one name at once: the slower one answers what the faster one made.
    const conflict = isMoorageError(error) && error.code === "CONFLICT";
    const winner = conflict ? await existingSandbox(call, input) : undefined;
    if (winner !== undefined) return current(context, winner);
    throw error;
  }
  await start(call, row);
  const from = { revision: row.revision, pending: null };
  const running = await moveTo(context, { row, from }, { state: "running", reason: null, pausedBy: null });
  if (running === undefined) {
    await context.engine.remove(row.id);
    throw new MoorageError("CONFLICT", `The sandbox "${row.name ?? row.id}" was removed while it was starting.`);
  }
  context.logger.info({ operation: "sandbox.create", sandboxId: row.id, owner: row.owner }, "sandbox created");
  return sandboxView(running);
}

async function start(call: Call, row: SandboxRow): Promise<void> {
  const { context, signal } = call;
  try {
    await startBehindEgress(context, { ...row, kind: "sandbox", signal }, () =>
      context.engine.createSandbox(unitSpec(row), signal),
    );
    await waitUntilReady(call, row).catch(async (error: unknown) => {
      await context.engine.remove(row.id);
      await context.egress.close(row.id);
      throw error;
    });
  } catch (error) {
    await context.store.sandboxes.remove(row.id);
    throw error;
  }
}
