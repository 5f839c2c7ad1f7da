import type { ContextSummary, StagedContext } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** A staged build context: its owner's alone, until it expires. Its archive is a file beside the database. */
export type ContextRow = StagedContext & { readonly owner: string };

/** Whose, as of when: what has expired by then is not there any more. */
export type ContextView = { readonly owner: string; readonly now: string };

export type ContextRows = {
  /** LIMIT_EXCEEDED when its owner has `most` that have not expired when it is made. */
  readonly insert: (row: ContextRow, most: number) => Promise<void>;
  readonly find: (view: ContextView, id: string) => Promise<ContextRow | undefined>;
  readonly list: (view: ContextView, query: PageQuery) => Promise<Page<ContextSummary>>;
  /** The ids of all owners' that have expired. */
  readonly expired: (now: string) => Promise<readonly string[]>;
  /** Those of these ids that are there. */
  readonly known: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly remove: (id: string) => Promise<void>;
};
