import { MoorageError } from "../../base/errors.ts";
import { parseAllowList } from "../../egress/egress.ts";
import type { Enforcement, NetworkPolicy } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";

const ALONE: Extract<Enforcement, { enforced: false }> = {
  enforced: false,
  reason: "it enforces none alone",
  fix: "Use --engine docker, or put what the program needs into its image or its workspace.",
};
const ALLOW = "allow:";
const NAMED = "net:";

/** The policy in force, as it was asked for; one that the engine cannot enforce is refused, never weakened. */
export async function resolveNetwork(
  { engine }: DomainContext,
  asked: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  if (asked === undefined || asked === "none") return "none";
  const list = allowListOf(asked);
  if (list !== undefined) parseAllowList(list);
  const enforcement = (await engine.networks?.enforcement(policyOf(asked), signal)) ?? ALONE;
  if (enforcement.enforced) return asked;
  const message = `The network policy "${asked}" cannot be enforced by the ${engine.name} engine: ${enforcement.reason}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `${enforcement.fix} Or use --network none.` });
}

/** What a policy is to the engine. */
export function policyOf(text: string): NetworkPolicy {
  if (text === "none" || text === "internal" || text === "open") return text;
  if (allowListOf(text) !== undefined) return "allow";
  if (networkNameOf(text) !== undefined) return "named";
  throw new MoorageError("INVALID_INPUT", `The network policy "${text}" is not one that this version knows.`);
}

/** The domains of an `allow:` policy; undefined for another one. */
export function allowListOf(text: string): string | undefined {
  return text.startsWith(ALLOW) ? text.slice(ALLOW.length) : undefined;
}

/** The name of the network of a `net:` policy; undefined for another one. */
export function networkNameOf(text: string): string | undefined {
  return text.startsWith(NAMED) ? text.slice(NAMED.length) : undefined;
}
