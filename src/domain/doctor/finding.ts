import { isMoorageError } from "../../base/errors.ts";
import type { Finding } from "../../contracts/types.ts";

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message, fix: null };
}

export function warning(check: string, message: string, fix: string): Finding {
  return { check, status: "warning", message, fix };
}

export function failed(check: string, message: string, fix: string): Finding {
  return { check, status: "failed", message, fix };
}

const SHOWN = 5;

/** The first of many, and how many more there are. */
export function listed(things: readonly string[]): string {
  const more = things.length > SHOWN ? `, and ${things.length - SHOWN} more` : "";
  return `${things.slice(0, SHOWN).join(", ")}${more}`;
}

/** A check that another failed one makes impossible. */
export function notChecked(check: string, because: string, fix: string): Finding {
  return failed(check, `Not checked: ${because}.`, fix);
}

/** The finding of `look`; an explained error is a failed finding too, as long as the caller still waits. */
export async function finding(
  check: string,
  signal: AbortSignal | undefined,
  look: () => Promise<Finding>,
): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!isMoorageError(error) || signal?.aborted === true) throw error;
    return failed(check, error.message, error.hint);
  }
}
