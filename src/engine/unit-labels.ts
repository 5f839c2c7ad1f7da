import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "../base/canonical-json.ts";
import type { UnitKind } from "./engine.ts";

const ID = "moorage.id";
const KIND = "moorage.kind";
export const DEPLOYMENT_LABEL = "moorage.deployment";
const SIGNATURE = "moorage.sig";

/** What outlives units. */
type KeptKind = "volume" | "snapshot" | "network";

export type UnitIdentity = { readonly id: string; readonly kind: UnitKind };

/** Signs what a deployment makes on an engine, and tells it apart from what others made. */
export type UnitLabels = {
  readonly deployment: string;
  /** The labels of a unit, signature included. */
  readonly sign: (unit: UnitIdentity) => Readonly<Record<string, string>>;
  /** As for units: of what outlives them. */
  readonly signKept: (kind: KeptKind, id: string) => Readonly<Record<string, string>>;
  readonly isKept: (kind: KeptKind, id: string, labels: Readonly<Record<string, string>>) => boolean;
  /** Which of that kind this is; undefined as for units. */
  readonly keptId: (kind: KeptKind, labels: Readonly<Record<string, string>>) => string | undefined;
  /** Who this is, or undefined when it is not of this deployment or its signature does not hold. */
  readonly verify: (labels: Readonly<Record<string, string>>) => UnitIdentity | undefined;
};

/** `key`: at least 32 random bytes that never leave the host. */
export function createUnitLabels(deployment: string, key: Uint8Array): UnitLabels {
  const signature = (unit: { readonly id: string; readonly kind: UnitKind | KeptKind }): string =>
    createHmac("sha256", key)
      .update(canonicalJson({ deployment, id: unit.id, kind: unit.kind }))
      .digest("hex");
  const labelsOf: (unit: Parameters<typeof signature>[0]) => Readonly<Record<string, string>> = (unit) => ({
    [ID]: unit.id,
    [KIND]: unit.kind,
    [DEPLOYMENT_LABEL]: deployment,
    [SIGNATURE]: signature(unit),
  });
  const isKept: UnitLabels["isKept"] = (kind, id, labels) =>
    labels[ID] === id &&
    labels[DEPLOYMENT_LABEL] === deployment &&
    same(signature({ id, kind }), labels[SIGNATURE] ?? "");
  return {
    deployment,
    sign: labelsOf,
    signKept: (kind, id) => labelsOf({ id, kind }),
    isKept,
    keptId: (kind, labels) => {
      const id = labels[ID];
      return id !== undefined && isKept(kind, id, labels) ? id : undefined;
    },
    verify: (labels) => {
      const unit = identity(labels);
      if (unit === undefined || labels[DEPLOYMENT_LABEL] !== deployment) return undefined;
      return same(signature(unit), labels[SIGNATURE] ?? "") ? unit : undefined;
    },
  };
}

/** True for an image that was made of a unit, by whichever deployment: what is in it is its owner's alone. */
export function isOfUnit(labels: Readonly<Record<string, string>>): boolean {
  return labels[KIND] !== undefined;
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
