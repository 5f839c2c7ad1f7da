import type { EngineName, Isolation, RunStatus } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** An image on its way to a registry, and how that ended. What happened is in its log, by its id. */
export type ExportRow = {
  readonly id: string;
  readonly owner: string;
  readonly keyId: string | null;
  readonly service: string;
  readonly status: RunStatus;
  /** One of both is null. */
  readonly image: string | null;
  readonly sandboxId: string | null;
  readonly reference: string;
  readonly digestReference: string | null;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly layersPushed: number | null;
  readonly layersReused: number | null;
  readonly warnings: readonly string[];
  readonly failure: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  readonly engine: EngineName;
  readonly isolation: Isolation;
  /** Bytes of its log. */
  readonly logBytes: number;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly receiptId: string | null;
  /** The process that exports. */
  readonly holder: string;
  /** When its end was recorded, in ms as timers count; null before. */
  readonly endedAt: number | null;
};

export type ExportRows = {
  readonly insert: (row: ExportRow) => Promise<void>;
  /** Only the owner's own. */
  readonly find: (owner: string, id: string) => Promise<ExportRow | undefined>;
  readonly list: (owner: string, query: PageQuery) => Promise<Page<ExportRow>>;
  /** Those whose status is `running`, of all owners. */
  readonly open: () => Promise<readonly ExportRow[]>;
  /** Takes an open one over from a dead holder; false when somebody else was faster. */
  readonly claim: (id: string, from: string, to: string) => Promise<boolean>;
};
