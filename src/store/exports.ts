import type { WorkRow } from "./works.ts";

/** An image on its way to a registry, and how that ended. */
export type ExportRow = WorkRow & {
  readonly service: string;
  /** One of both is null. */
  readonly image: string | null;
  readonly sandboxId: string | null;
  readonly reference: string;
  readonly digestReference: string | null;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly layersPushed: number | null;
  readonly layersReused: number | null;
  readonly failure: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
};
