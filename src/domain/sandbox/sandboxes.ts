import { isoTime } from "../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Sandbox, SandboxCreate } from "../../contracts/types.ts";
import type { UnitInfo } from "../../engine/engine.ts";
import type { Page, PageQuery, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { PROFILES, resolveLimits } from "../profiles.ts";
import { existingSandbox } from "./existing-sandbox.ts";
import { resolveImage } from "./images.ts";
import { resolveNetwork } from "./network.ts";
import { sandboxView } from "./sandbox-view.ts";

/** The caller's sandbox; NOT_FOUND also when it is somebody else's, so that nobody learns that it exists. */
export async function findSandbox({ context, principal }: Call, ref: string): Promise<SandboxRow> {
  const row = await context.store.sandboxes.find(principal.owner, ref);
  if (row === undefined) throw new MoorageError("NOT_FOUND", `You have no sandbox "${ref}".`);
  return row;
}

export async function createSandbox(call: Call, input: SandboxCreate): Promise<Sandbox> {
  const { context } = call;
  const existing = await existingSandbox(call, input);
  if (existing !== undefined) return current(context, existing);
  const row = await plannedRow(call, input);
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
  const running: SandboxRow = { ...row, state: "running" };
  if (!(await context.store.sandboxes.update(row.id, { state: "running" }))) {
    await context.engine.remove(row.id);
    throw new MoorageError("CONFLICT", `The sandbox "${row.name ?? row.id}" was removed while it was starting.`);
  }
  context.logger.info({ operation: "sandbox.create", sandboxId: row.id, owner: row.owner }, "sandbox created");
  return sandboxView(running);
}

async function plannedRow({ context, principal, signal }: Call, input: SandboxCreate): Promise<SandboxRow> {
  const profile = input.profile ?? "sandbox";
  const limits = resolveLimits(profile, input, context.policy.maxima);
  const network = resolveNetwork(context, input.network);
  const image = await resolveImage(context, { asked: input.image, byDefault: context.policy.defaultImage }, { signal });
  const now = isoTime(context.clock.now());
  return {
    id: newId(),
    owner: principal.owner,
    name: input.name ?? null,
    conversationId: input.conversationId ?? null,
    state: "starting",
    reason: null,
    image: image?.reference ?? null,
    imageDigest: image?.digest ?? null,
    env: input.env ?? {},
    profile,
    limits,
    network,
    engine: context.engine.name,
    isolation: context.engine.isolation,
    createdAt: now,
    lastActiveAt: now,
    holder: context.holders.self,
  };
}

async function start({ context, signal }: Call, row: SandboxRow): Promise<void> {
  const { engine, store } = context;
  const profile = PROFILES[row.profile];
  try {
    await engine.createSandbox(
      {
        id: row.id,
        kind: "sandbox",
        ...(row.image === null ? {} : { image: row.image }),
        env: row.env,
        workspace: { type: "volume" },
        limits: row.limits,
        writableRoot: profile.writableRoot,
        capabilities: profile.capabilities,
        network: "none",
        labels: row.conversationId === null ? {} : { conversation_id: row.conversationId, user_id: row.owner },
      },
      signal,
    );
  } catch (error) {
    await store.sandboxes.remove(row.id);
    throw error;
  }
}

export async function getSandbox(call: Call, ref: string): Promise<Sandbox> {
  const { context } = call;
  return current(context, await findSandbox(call, ref));
}

async function current(context: DomainContext, row: SandboxRow): Promise<Sandbox> {
  const unit = row.engine === context.engine.name ? await context.engine.inspect(row.id) : null;
  return sandboxView(await refreshed(context, row, unit));
}

export async function listSandboxes({ context, principal }: Call, query: PageQuery): Promise<Page<Sandbox>> {
  const { items, nextCursor } = await context.store.sandboxes.list(principal.owner, query);
  const units = new Map((await context.engine.list()).map((unit) => [unit.id, unit]));
  const view = async (row: SandboxRow): Promise<Sandbox> =>
    sandboxView(await refreshed(context, row, row.engine === context.engine.name ? units.get(row.id) : null));
  return { items: await Promise.all(items.map(view)), nextCursor };
}

/** The row with the state that the engine shows now; `null`: it lives on another engine, which is not asked. */
async function refreshed(
  context: DomainContext,
  row: SandboxRow,
  unit: UnitInfo | undefined | null,
): Promise<SandboxRow> {
  if (unit === null || row.state === "starting" || row.state === "error") return row;
  const seen = seenState(unit);
  if (seen.state === row.state) return row;
  await context.store.sandboxes.update(row.id, seen);
  return { ...row, ...seen };
}

function seenState(unit: UnitInfo | undefined): Pick<SandboxRow, "state" | "reason"> {
  if (unit === undefined) return { state: "lost", reason: "The engine no longer has it." };
  if (unit.state === "running") return { state: "running", reason: null };
  if (unit.state === "paused") return { state: "paused", reason: "It was paused on the engine." };
  const why = unit.oomKilled ? "It ran out of memory" : "Its main process ended";
  return { state: "stopped", reason: `${why} with code ${unit.exitCode ?? "unknown"}.` };
}

export async function removeSandbox(call: Call, ref: string): Promise<{ readonly id: string; readonly removed: true }> {
  const { context, signal } = call;
  const row = await findSandbox(call, ref);
  requireEngine(context, row);
  await context.engine.remove(row.id, signal);
  await context.store.sandboxes.remove(row.id);
  context.logger.info({ operation: "sandbox.remove", sandboxId: row.id, owner: row.owner }, "sandbox removed");
  return { id: row.id, removed: true };
}

/** A sandbox lives on the engine that made it; another one cannot reach it. */
export function requireEngine({ engine }: DomainContext, row: SandboxRow): void {
  if (row.engine === engine.name) return;
  const message = `Sandbox "${row.id}" lives on the ${row.engine} engine; this is the ${engine.name} engine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `Repeat the command with --engine ${row.engine}.` });
}
