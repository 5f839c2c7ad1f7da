import type { EngineName, Isolation, RunStatus } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** Which records of what has ended are kept. */
export type Retention = {
  /** Since their end; 0: for ever. */
  readonly maxAgeMs: number;
  /** The latest of all owners together; 0: all. */
  readonly maxCount: number;
};

/** Records of what has a log by its id, and ends. */
export type EndingRows<Row extends { readonly id: string } = { readonly id: string }> = {
  /** Those whose status is `running`, of all owners. */
  readonly open: () => Promise<readonly Row[]>;
  /**
   * Some of the ended ones of all owners that retention does not keep, without `except`, oldest first; none when there
   * are no more.
   */
  readonly unkept: (retention: Retention, now: number, except?: readonly string[]) => Promise<readonly string[]>;
  readonly remove: (...ids: readonly string[]) => Promise<void>;
};

/** What every record of a build or an export has. What was printed is in its log, by its id. */
export type WorkRow = {
  readonly id: string;
  readonly owner: string;
  readonly keyId: string | null;
  readonly status: RunStatus;
  readonly engine: EngineName;
  readonly isolation: Isolation;
  readonly warnings: readonly string[];
  /** Bytes of its log. */
  readonly logBytes: number;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly receiptId: string | null;
  /** The process that does it. */
  readonly holder: string;
  /** When its end was recorded, in ms as timers count; null before. */
  readonly endedAt: number | null;
};

export type WorkRows<Row extends WorkRow> = EndingRows<Row> & {
  readonly insert: (row: Row) => Promise<void>;
  /** Only the owner's own. */
  readonly find: (owner: string, id: string) => Promise<Row | undefined>;
  readonly list: (owner: string, query: PageQuery) => Promise<Page<Row>>;
  /** Takes an open one over from a dead holder; false when somebody else was faster. */
  readonly claim: (id: string, from: string, to: string) => Promise<boolean>;
};
