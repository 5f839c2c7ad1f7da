import type { OperationName, StreamMethod, UnaryMethod } from "./method.ts";
import type { Platform } from "./platform.ts";
import type { RawOperations } from "./raw.ts";

/** A platform whose methods are made from the rows of the table; the counterpart of `methodOf`. */
export function buildPlatform<Row extends OperationName>(
  rows: readonly Row[],
  methodFor: (row: Row) => UnaryMethod | StreamMethod,
  raw: RawOperations,
): Platform {
  const nouns: Record<string, Record<string, unknown>> = {};
  for (const row of rows) {
    const verbs = (nouns[row.noun] ??= {});
    verbs[row.verb] = methodFor(row);
  }
  const platform: unknown = { ...nouns, raw };
  return platform as Platform;
}
