import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Sandbox } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { sandboxView } from "./sandbox-view.ts";
import { findSandbox } from "./sandboxes.ts";

/** Counts the time to live from now. One whose time is up is not saved any more: its removal may have begun. */
export async function renewSandbox(
  call: Call,
  { id, ttlMs: asked }: { readonly id: string; readonly ttlMs?: number | undefined },
): Promise<Sandbox> {
  const { context } = call;
  const row = await findSandbox(call, id);
  const name = row.name ?? row.id;
  const ttlMs = asked ?? row.ttlMs;
  if (ttlMs === null) {
    throw new MoorageError("INVALID_INPUT", `Sandbox "${name}" has no time to live that could be renewed.`, {
      hint: `Give it one: \`moorage sandbox renew ${name} --ttl 1h\`.`,
    });
  }
  if (row.pending?.action === "remove") {
    throw new MoorageError("CONFLICT", `Sandbox "${name}" is being removed.`, { hint: "Create a new one." });
  }
  if (isExpired(context, row)) {
    const message = `The time of sandbox "${name}" was up at ${row.expiresAt}; it is being removed.`;
    throw new MoorageError("CONFLICT", message, { hint: "Create a new one, and renew it before its time is up." });
  }
  const change = { ttlMs, expiresAt: isoTime(context.timers.now() + ttlMs) };
  const renewed = await context.store.sandboxes.transition(row.id, { revision: row.revision }, change);
  // Otherwise it has changed meanwhile: its removal may have begun.
  return renewed === undefined ? renewSandbox(call, { id, ttlMs: asked }) : sandboxView(renewed);
}

export function isExpired({ timers }: DomainContext, { expiresAt }: SandboxRow): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= timers.now();
}
