import type { KeyLimits } from "../../contracts/types.ts";
import type { Policy } from "../policy.ts";

const FIELDS = [
  "memoryBytes",
  "cpus",
  "pids",
  "diskBytes",
  "timeoutMs",
] as const satisfies readonly (keyof KeyLimits)[];

/** The limits among an input's fields; null where there are none. */
export function givenLimits(input: KeyLimits): KeyLimits | null {
  const given = FIELDS.flatMap((field) => (input[field] === undefined ? [] : [[field, input[field]] as const]));
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** Of each limit the lower one. */
export function lowerLimits(a: KeyLimits | null, b: KeyLimits | null): KeyLimits | null {
  if (a === null || b === null) return a ?? b;
  const lower: KeyLimits = Object.fromEntries(FIELDS.map((field) => [field, least(a[field], b[field])]));
  return givenLimits(lower);
}

/** What the administrator allows, lowered to what a key is held to. */
export function withLimits(policy: Policy, limits: KeyLimits | null): Policy {
  const { maxima } = policy;
  const lowered = (field: keyof KeyLimits): number => Math.min(maxima[field], limits?.[field] ?? maxima[field]);
  return {
    ...policy,
    maxima: {
      memoryBytes: lowered("memoryBytes"),
      cpus: lowered("cpus"),
      pids: lowered("pids"),
      diskBytes: lowered("diskBytes"),
      timeoutMs: lowered("timeoutMs"),
    },
  };
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
