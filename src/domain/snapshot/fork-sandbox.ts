import { MoorageError } from "../../base/errors.ts";
import type { Sandbox, SandboxCreate, SandboxFork } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { startCold } from "../sandbox/create-sandbox.ts";
import { sandboxView } from "../sandbox/sandbox-view.ts";
import { reachSandbox } from "../sandbox/sandboxes.ts";
import { dropTransient } from "./discard-snapshot.ts";
import { takeSnapshot } from "./take-snapshot.ts";

/**
 * A second sandbox with the files and the settings of one; its processes begin anew. Its workspace is its own, its host
 * ports are free ones.
 */
export async function forkSandbox(caller: Call, { id, ...own }: SandboxFork): Promise<Sandbox> {
  const { row: origin, ...call } = await reachSandbox(caller, id);
  const { context, principal } = call;
  await refuseTaken(call, own);
  const snapshot = await takeSnapshot(call, origin, { name: null, comment: null, transient: true });
  try {
    const fork = await startCold(call, { ...settingsOf(origin), ...own }, snapshot);
    const told = { sandboxId: origin.id, forkId: fork.id, owner: principal.owner };
    context.logger.info({ operation: "sandbox.fork", ...told }, "sandbox forked");
    return sandboxView(fork);
  } catch (error) {
    await dropTransient(context, snapshot.id);
    throw error;
  }
}

/** Looked at before anything is taken; the registry has the last word. */
async function refuseTaken({ context, principal }: Call, { name }: Omit<SandboxFork, "id">): Promise<void> {
  if (name === undefined || (await context.store.sandboxes.find(principal.owner, name)) === undefined) return;
  throw new MoorageError("CONFLICT", `You have a sandbox "${name}" already.`, {
    hint: `Choose another name, or remove that one first: \`moorage sandbox rm ${name}\`.`,
  });
}

/** What a sandbox was asked for, as far as a second one can have the same. */
function settingsOf(row: SandboxRow): SandboxCreate {
  const { limits, env, profile, network, labels, idleTimeoutMs, ports } = row;
  const { memoryBytes, cpus, pids, diskBytes, timeoutMs } = limits;
  return {
    ...{ memoryBytes, cpus, pids, diskBytes },
    ...{ env: { ...env }, profile, network, labels: { ...labels }, idleTimeoutMs },
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(row.runtime === null ? {} : { runtime: row.runtime }),
    ...(row.ttlMs === null ? {} : { ttlMs: row.ttlMs }),
    ...(ports.length === 0 ? {} : { ports: ports.map(({ port, protocol }) => ({ port, protocol })) }),
    ...mainOf(row),
  };
}

function mainOf(row: SandboxRow): SandboxCreate {
  const { useImageCommand, command, readiness, readinessTimeoutMs, readinessIntervalMs } = row;
  return {
    ...(useImageCommand ? { useImageCommand } : {}),
    ...(command === null ? {} : { command: [...command] }),
    ...(readiness === null ? {} : { readiness, readinessTimeoutMs, readinessIntervalMs }),
  };
}
