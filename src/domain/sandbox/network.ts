import { MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";

const HINT = "Leave out --network: sandboxes have none; put what the program needs into its image or its workspace.";

/** The policy in force; a policy that the engine cannot enforce is refused, never weakened. */
export function resolveNetwork({ engine }: DomainContext, asked: string | undefined): "none" {
  if (asked === undefined || asked === "none") return "none";
  const message = `The network policy "${asked}" cannot be enforced by the ${engine.name} engine; it enforces: none.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: HINT });
}
