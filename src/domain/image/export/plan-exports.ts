import { newId } from "../../../base/ids.ts";
import type { ImageExportInput } from "../../../contracts/types.ts";
import type { Call } from "../../context.ts";
import { pushTarget } from "../push-target.ts";

export type PlannedExport = {
  readonly id: string;
  readonly service: string;
  /** One of both. */
  readonly image?: string;
  readonly sandbox?: string;
  /** Where it goes. */
  readonly reference: string;
  readonly keep: boolean;
  readonly timeoutMs: number | undefined;
};

/** What is exported, and where to; INVALID_INPUT where a name would be none. */
export function planExports({ context }: Call, input: ImageExportInput): readonly PlannedExport[] {
  const { images = {}, sandboxes = {}, keep = false, timeoutMs } = input;
  const named = { ...context.policy.images.exports, ...withoutUndefined(input) };
  const planned = (service: string): Omit<PlannedExport, "image" | "sandbox"> => ({
    ...{ id: newId(), service, keep, timeoutMs },
    reference: checked(`${named.registry}/${named.prefix}-${service}:${named.version}`),
  });
  return [
    ...Object.entries(images).map(([service, image]) => ({ ...planned(service), image })),
    ...Object.entries(sandboxes).map(([service, sandbox]) => ({ ...planned(service), sandbox })),
  ];
}

type Names = { readonly registry?: string; readonly prefix?: string; readonly version?: string };

function withoutUndefined({ registry, prefix, version }: ImageExportInput): Names {
  return {
    ...(registry === undefined ? {} : { registry }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(version === undefined ? {} : { version }),
  };
}

/** Spelled out, also where engines leave the registry out. */
function checked(reference: string): string {
  pushTarget(reference);
  return reference;
}
