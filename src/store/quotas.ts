import type { QuotaLimits, QuotaName } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** Set for one user; null: it does not bind them, absent: it is as for everybody. */
export type OwnQuotas = { readonly [Name in QuotaName]?: number | null };

export type QuotaUse = Readonly<Record<Exclude<QuotaName, "requestsPerMinute">, number>>;

export type QuotaRows = {
  readonly own: (user: string) => Promise<OwnQuotas | undefined>;
  readonly list: (query: PageQuery) => Promise<Page<{ readonly user: string; readonly own: OwnQuotas }>>;
  /** Changes them in one step; of what is undefined then nothing is kept. */
  readonly set: (user: string, change: (before: OwnQuotas) => OwnQuotas) => Promise<void>;
  /** Their own over those of everybody; the user of this machine has none but their own. */
  readonly allowed: (user: string) => Promise<QuotaLimits>;
  /** Of the user and the user's agents. */
  readonly use: (user: string) => Promise<QuotaUse>;
};
