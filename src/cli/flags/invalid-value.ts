import { MoorageError } from "../../base/errors.ts";

const LONGEST_SHOWN = 80;

type Mismatch = { readonly expected: string; readonly got: string };

/** `label: expected … (got "…").` */
export function invalidValue(label: string, { expected, got }: Mismatch): MoorageError {
  const value = got.length > LONGEST_SHOWN ? `${got.slice(0, LONGEST_SHOWN)}…` : got;
  const message = `${label}: expected ${expected} (got ${JSON.stringify(value)}).`;
  return new MoorageError("INVALID_INPUT", message, { details: { field: label, value } });
}
