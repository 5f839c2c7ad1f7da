import { listOperations, type NamedOperation, type Platform, type StreamMethod, type UnaryMethod } from "./platform.ts";
import type { RawOperations } from "./raw.ts";

/** A platform whose methods are made from the table; the counterpart of `methodOf`, for what is not called by name. */
export function buildPlatform(
  methodFor: (named: NamedOperation) => UnaryMethod | StreamMethod,
  raw: RawOperations,
): Platform {
  const nouns: Record<string, Record<string, unknown>> = {};
  for (const named of listOperations()) {
    const verbs = (nouns[named.noun] ??= {});
    verbs[named.verb] = methodFor(named);
  }
  const platform: unknown = { ...nouns, raw };
  return platform as Platform;
}
