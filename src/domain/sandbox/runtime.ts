import { MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";

/**
 * The runtime class that was asked for, when this engine has it and the administrator allows it; undefined when none
 * was, which is the engine's own default.
 */
export async function resolveRuntime(
  { engine, policy }: DomainContext,
  asked: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (asked === undefined) return undefined;
  const there = (await engine.runtimes?.(signal)) ?? [];
  if (there.length === 0) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no runtimes to choose from.`, {
      hint: "Leave --runtime out, or use Docker with --engine docker.",
    });
  }
  const allowed = there.filter((name) => policy.runtimes?.includes(name) ?? true);
  if (allowed.includes(asked)) return asked;
  const expected =
    allowed.length === 0 ? "none, since none of this engine's is allowed" : `one of ${allowed.join(", ")}`;
  throw new MoorageError("INVALID_INPUT", `runtime is ${JSON.stringify(asked)}; expected ${expected}.`, {
    hint: there.includes(asked)
      ? "Have an administrator allow it with MOORAGE_RUNTIMES."
      : "Install it on the engine's machine, and name it in the engine's own configuration.",
    details: { runtimes: allowed },
  });
}
