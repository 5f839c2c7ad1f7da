import { MoorageError } from "../../base/errors.ts";
import type { Sandbox } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { refreshed } from "./seen-state.ts";
import { sandboxView } from "./sandbox-view.ts";

/** The caller's sandbox; NOT_FOUND also when it is somebody else's, so that nobody learns that it exists. */
export async function findSandbox({ context, principal }: Call, ref: string): Promise<SandboxRow> {
  const row = await context.store.sandboxes.find(principal.owner, ref);
  if (row === undefined) throw new MoorageError("NOT_FOUND", `You have no sandbox "${ref}".`);
  return row;
}

export async function getSandbox(call: Call, ref: string): Promise<Sandbox> {
  const { context } = call;
  return current(context, await findSandbox(call, ref));
}

/** The sandbox as the engine shows it now. */
export async function current(context: DomainContext, row: SandboxRow): Promise<Sandbox> {
  const unit = row.engine === context.engine.name ? await context.engine.inspect(row.id) : null;
  return sandboxView(await refreshed(context, row, unit));
}

/** A sandbox lives on the engine that made it; another one cannot reach it. */
export function requireEngine({ engine }: DomainContext, row: SandboxRow): void {
  if (row.engine === engine.name) return;
  const message = `Sandbox "${row.id}" lives on the ${row.engine} engine; this is the ${engine.name} engine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `Repeat the command with --engine ${row.engine}.` });
}
