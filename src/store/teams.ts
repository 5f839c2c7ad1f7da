import type { Team } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** Teams and users share their names. */
export type TeamRows = {
  /** CONFLICT when there is, or has been, a team or a user of this name. */
  readonly insert: (team: Team) => Promise<void>;
  readonly find: (name: string) => Promise<Team | undefined>;
  /** Those that a user is in, or all. */
  readonly list: (member: string | undefined, query: PageQuery) => Promise<Page<Team>>;
  /** Changes the members in one step; what `change` throws leaves them as they are. */
  readonly update: (name: string, change: (team: Team) => Team["members"]) => Promise<Team | undefined>;
  /** False where it has sandboxes. Its name stays taken. */
  readonly dissolve: (name: string) => Promise<boolean>;
};
