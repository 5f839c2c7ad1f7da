import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "../base/canonical-json.ts";
import type { UnitKind } from "./engine.ts";

const ID = "moorage.id";
const KIND = "moorage.kind";
export const DEPLOYMENT_LABEL = "moorage.deployment";
const VOLUME = "volume";
const SIGNATURE = "moorage.sig";

export type UnitIdentity = { readonly id: string; readonly kind: UnitKind };

/** Signs what a deployment makes on an engine, and tells it apart from what others made. */
export type UnitLabels = {
  readonly deployment: string;
  /** The labels of a unit, signature included. */
  readonly sign: (unit: UnitIdentity) => Readonly<Record<string, string>>;
  /** As for units: of a volume that outlives them. */
  readonly signVolume: (id: string) => Readonly<Record<string, string>>;
  readonly isVolume: (labels: Readonly<Record<string, string>>, id: string) => boolean;
  /** Who this is, or undefined when it is not of this deployment or its signature does not hold. */
  readonly verify: (labels: Readonly<Record<string, string>>) => UnitIdentity | undefined;
};

/** `key`: at least 32 random bytes that never leave the host. */
export function createUnitLabels(deployment: string, key: Uint8Array): UnitLabels {
  const signature = (unit: { readonly id: string; readonly kind: UnitKind | typeof VOLUME }): string =>
    createHmac("sha256", key)
      .update(canonicalJson({ deployment, id: unit.id, kind: unit.kind }))
      .digest("hex");
  const labelsOf: (unit: Parameters<typeof signature>[0]) => Readonly<Record<string, string>> = (unit) => ({
    [ID]: unit.id,
    [KIND]: unit.kind,
    [DEPLOYMENT_LABEL]: deployment,
    [SIGNATURE]: signature(unit),
  });
  return {
    deployment,
    sign: labelsOf,
    signVolume: (id) => labelsOf({ id, kind: VOLUME }),
    isVolume: (labels, id) =>
      labels[ID] === id &&
      labels[DEPLOYMENT_LABEL] === deployment &&
      same(signature({ id, kind: VOLUME }), labels[SIGNATURE] ?? ""),
    verify: (labels) => {
      const unit = identity(labels);
      if (unit === undefined || labels[DEPLOYMENT_LABEL] !== deployment) return undefined;
      return same(signature(unit), labels[SIGNATURE] ?? "") ? unit : undefined;
    },
  };
}

function identity(labels: Readonly<Record<string, string>>): UnitIdentity | undefined {
  const id = labels[ID];
  const kind = labels[KIND];
  if (id === undefined || (kind !== "sandbox" && kind !== "job")) return undefined;
  return { id, kind };
}

function same(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
