import { MoorageError } from "../../base/errors.ts";

const LONGEST_SHOWN = 80;

/** `label: expected … (got "…").` */
export function invalidValue(label: string, expected: string, text: string, hint?: string): MoorageError {
  const value = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return new MoorageError("INVALID_INPUT", `${label}: expected ${expected} (got ${JSON.stringify(value)}).`, {
    details: { field: label, value },
    ...(hint === undefined ? {} : { hint }),
  });
}
