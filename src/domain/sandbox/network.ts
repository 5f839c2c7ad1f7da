import { MoorageError } from "../../base/errors.ts";
import type { Enforcement, NetworkPolicy } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";

const ALONE: Extract<Enforcement, { enforced: false }> = {
  enforced: false,
  reason: "it enforces none alone",
  fix: "Leave out --network, or use --engine docker; put what the program needs into its image or its workspace.",
};

/** The policy in force; a policy that the engine cannot enforce is refused, never weakened. */
export async function resolveNetwork(
  { engine }: DomainContext,
  asked: string | undefined,
  signal?: AbortSignal,
): Promise<NetworkPolicy> {
  if (asked === undefined || asked === "none") return "none";
  const policy = policyOf(asked);
  const enforcement = policy === undefined ? ALONE : await engine.networks?.enforcement(policy, signal);
  if (policy !== undefined && enforcement?.enforced === true) return policy;
  const { reason, fix } = enforcement?.enforced === false ? enforcement : ALONE;
  const message = `The network policy "${asked}" cannot be enforced by the ${engine.name} engine: ${reason}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: fix });
}

/** What a row's policy is to the engine; undefined: none that this version knows. */
export function policyOf(text: string): NetworkPolicy | undefined {
  return text === "none" || text === "internal" || text === "open" ? text : undefined;
}
