import type { EngineName } from "../../contracts/types.ts";
import type { SandboxRow } from "../store.ts";
import type { Database } from "./database.ts";

/** One transaction from the choice to the owner: two claims never meet at one sandbox. */
export function claimSandbox(
  database: Database,
  { poolKey, engine }: { readonly poolKey: string; readonly engine: EngineName },
  make: (pooled: SandboxRow) => SandboxRow,
): SandboxRow | undefined {
  return database.transaction(() => {
    const found = database.get(
      `SELECT data FROM sandboxes WHERE data ->> 'poolKey' = ? AND data ->> 'engine' = ? AND data ->> 'state' = 'pool'
       AND data ->> 'pending' IS NULL ORDER BY created_at, id LIMIT 1`,
      ...[poolKey, engine],
    );
    if (found === undefined) return undefined;
    const pooled = JSON.parse(String(found["data"])) as SandboxRow;
    const row = { ...make(pooled), id: pooled.id, revision: pooled.revision + 1 };
    database.run(
      "UPDATE sandboxes SET owner = ?, name = ?, conversation_id = ?, created_at = ?, data = ? WHERE id = ?",
      ...[row.owner, row.name, row.conversationId, row.createdAt, JSON.stringify(row), row.id],
    );
    return row;
  });
}
