import { MoorageError } from "../../base/errors.ts";
import type { QuotaLimits, QuotaName } from "../../contracts/types.ts";
import type { OwnQuotas, QuotaRows, QuotaUse } from "../store.ts";
import type { Database } from "./database.ts";
import { decodeCursor, toPage } from "./pages.ts";

/** Of a user and the user's agents; a dot is followed by a slash. */
const THEIRS = "(owner = ?1 OR (owner > ?1 || '.' AND owner < ?1 || '/'))";
const STARTS = "data ->> '$.pending.action' = 'start'";
const IS_THERE = `(data ->> 'state' <> 'archived' OR ${STARTS})`;
const IS_UP = `(data ->> 'state' IN ('starting', 'running', 'paused') OR ${STARTS})`;

const USE = `SELECT
    (SELECT count(*) FROM sandboxes WHERE ${THEIRS} AND ${IS_THERE}) AS sandboxes,
    (SELECT count(*) FROM builds WHERE status = 'running' AND ${THEIRS}) AS builds,
    (SELECT count(*) FROM runs WHERE status = 'running' AND ${THEIRS}) AS runs,
    coalesce(sum(CASE WHEN up THEN cpus ELSE 0 END), 0) AS cpus,
    coalesce(sum(CASE WHEN up THEN memory ELSE 0 END), 0) AS memoryBytes,
    coalesce(sum(disk), 0) AS diskBytes
  FROM (
    SELECT ${IS_UP} AS up, data ->> '$.limits.cpus' AS cpus, data ->> '$.limits.memoryBytes' AS memory,
      data ->> '$.limits.diskBytes' AS disk FROM sandboxes WHERE ${THEIRS} AND ${IS_THERE}
    UNION ALL
    SELECT TRUE, data ->> '$.limits.cpus', data ->> '$.limits.memoryBytes', data ->> '$.limits.diskBytes'
      FROM runs WHERE status = 'running' AND kind <> 'exec' AND ${THEIRS}
  )`;

/** Sums of fractions of processors are never quite exact. */
const ROUNDING = 1e-6;

type Counted = keyof QuotaUse;
const COUNTED: readonly Counted[] = ["sandboxes", "cpus", "memoryBytes", "diskBytes", "builds", "runs"];

/** Does work inside a transaction that takes something for an owner; QUOTA_EXCEEDED undoes it. */
export type Reserve = <T>(owner: string, work: () => T) => T;

const UNBOUND_USER = "local";

export function createQuotaRows(database: Database, everybody: QuotaLimits): QuotaRows & { readonly reserve: Reserve } {
  const own = (user: string): OwnQuotas | undefined => {
    const row = database.get("SELECT data FROM quotas WHERE user = ?", user);
    return row === undefined ? undefined : (JSON.parse(String(row["data"])) as OwnQuotas);
  };
  const allowed = (user: string): QuotaLimits => {
    const merged = { ...(user === UNBOUND_USER ? {} : everybody), ...own(user) };
    return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  };
  const use = (user: string): QuotaUse => {
    const row = database.get(USE, user);
    const of = (name: Counted): number => Number(row?.[name] ?? 0);
    return {
      ...{ sandboxes: of("sandboxes"), cpus: of("cpus"), memoryBytes: of("memoryBytes") },
      ...{ diskBytes: of("diskBytes"), builds: of("builds"), runs: of("runs") },
    };
  };
  return {
    own: (user) => Promise.try(own, user),
    allowed: (user) => Promise.try(allowed, user),
    use: (user) => Promise.try(use, user),
    list: (query) =>
      Promise.try(() => {
        const rows = database.all(
          "SELECT user AS sort_key, data FROM quotas WHERE user > ? ORDER BY user LIMIT ?",
          ...[decodeCursor(query.cursor) ?? "", query.limit + 1],
        );
        return toPage(rows, query, (row) => ({
          user: String(row["sort_key"]),
          own: JSON.parse(String(row["data"])) as OwnQuotas,
        }));
      }),
    set: (user, change) =>
      Promise.try(() =>
        database.transaction(() => {
          const after = change(own(user) ?? {});
          if (Object.keys(after).length === 0) return database.run("DELETE FROM quotas WHERE user = ?", user);
          const sql = "INSERT INTO quotas (user, data) VALUES (?1, ?2) ON CONFLICT (user) DO UPDATE SET data = ?2";
          return database.run(sql, user, JSON.stringify(after));
        }),
      ).then(() => undefined),
    reserve: (owner, work) => {
      const [user = owner] = owner.split(".");
      // What nobody has claimed is nobody's.
      if (user === "") return work();
      if (database.get("SELECT 1 FROM teams WHERE name = ? AND dissolved = 1", user) !== undefined)
        throw dissolved(user);
      const limits = allowed(user);
      if (COUNTED.every((name) => limits[name] === undefined)) return work();
      const before = use(user);
      const result = work();
      refuseExcess({ user, limits, before, after: use(user) });
      return result;
    },
  };
}

function dissolved(team: string): MoorageError {
  return new MoorageError("NOT_FOUND", `The team "${team}" was dissolved.`, {
    hint: "Act for yourself or another team.",
  });
}

type Taking = {
  readonly user: string;
  readonly limits: QuotaLimits;
  readonly before: QuotaUse;
  readonly after: QuotaUse;
};

/** What is over its quota already, because that was lowered, is in the way of nothing that takes no more of it. */
function refuseExcess({ user, limits, before, after }: Taking): void {
  const over = COUNTED.find(
    (name) => after[name] > before[name] && after[name] > (limits[name] ?? Infinity) + ROUNDING,
  );
  const allowed = over === undefined ? undefined : limits[over];
  if (over === undefined || allowed === undefined) return;
  const used = rounded(before[over]);
  const asked = rounded(after[over] - before[over]);
  throw new MoorageError(
    "QUOTA_EXCEEDED",
    `${user} may have ${allowed} of ${over}: ${used} are taken, and ${asked} more were asked for.`,
    { hint: HINTS[over], details: { quota: over, used, asked, allowed } },
  );
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

const RAISE = "or have an administrator raise it with `moorage quota set`.";
const HINTS: Readonly<Record<Exclude<QuotaName, "requestsPerMinute">, string>> = {
  sandboxes: `Remove a sandbox, yours or an agent's of yours, ${RAISE}`,
  cpus: `Stop or remove a sandbox, ask for fewer processors, ${RAISE}`,
  memoryBytes: `Stop or remove a sandbox, ask for less memory, ${RAISE}`,
  diskBytes: `Remove a sandbox, ask for less disk, ${RAISE}`,
  builds: `Wait until a build has ended, ${RAISE}`,
  runs: `Wait until a run has ended, or end one, ${RAISE}`,
};
