import { MoorageError } from "../../base/errors.ts";
import type { OutputPage } from "../engine.ts";
import type { MemoryUnit } from "./memory-host.ts";

/** A place is the number of chunks before it, those that are no longer kept included. */
export function memoryOutput(unit: MemoryUnit | undefined, after: string | undefined): OutputPage {
  if (after !== undefined && !/^\d{1,15}$/.test(after)) {
    const message = `${JSON.stringify(after)} is no place in the output of a sandbox.`;
    throw new MoorageError("INVALID_INPUT", message, {
      hint: "Give what an earlier answer called `next`, or nothing to begin with the oldest that is kept.",
    });
  }
  const { lastOutput = [], dropped = 0 } = unit ?? {};
  const seen = Number(after ?? 0);
  const all = dropped + lastOutput.length;
  const next = all === 0 ? (after ?? null) : String(all);
  return { chunks: lastOutput.slice(Math.max(0, seen - dropped)), next, gap: after !== undefined && seen < dropped };
}
