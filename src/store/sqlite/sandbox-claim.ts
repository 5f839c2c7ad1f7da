import type { PooledKind, SandboxRow } from "../store.ts";
import type { Database } from "./database.ts";
import type { Reserve } from "./quota-rows.ts";

/** One transaction from the choice to the owner: two claims never meet at one sandbox. */
export function claimSandbox(
  { database, reserve }: { readonly database: Database; readonly reserve: Reserve },
  { poolKey, engine, limits }: PooledKind,
  make: (pooled: SandboxRow) => SandboxRow,
): SandboxRow | undefined {
  return database.transaction(() => {
    const found = database.get(
      `SELECT data FROM sandboxes WHERE data ->> 'poolKey' = ? AND data ->> 'engine' = ? AND data ->> 'state' = 'pool'
       AND data ->> 'pending' IS NULL AND data ->> '$.limits.memoryBytes' = ? AND data ->> '$.limits.cpus' = ?
       AND data ->> '$.limits.pids' = ? ORDER BY created_at, id LIMIT 1`,
      ...[poolKey, engine, limits.memoryBytes, limits.cpus, limits.pids],
    );
    if (found === undefined) return undefined;
    const pooled = JSON.parse(String(found["data"])) as SandboxRow;
    const row = { ...make(pooled), id: pooled.id, revision: pooled.revision + 1 };
    const values = [row.owner, row.name, row.conversationId, row.createdAt, JSON.stringify(row), row.id];
    reserve(row.owner, () =>
      database.run(
        "UPDATE sandboxes SET owner = ?, name = ?, conversation_id = ?, created_at = ?, data = ? WHERE id = ?",
        ...values,
      ),
    );
    return row;
  });
}
