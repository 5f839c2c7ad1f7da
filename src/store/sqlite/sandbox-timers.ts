import type { SandboxRow } from "../store.ts";
import type { Database } from "./database.ts";

/** Moves the times by which timers and the ages of records count; when a sandbox was made stays what it is. */
export function shiftTimers(database: Database, milliseconds: number, moved: () => void): void {
  const shifted = (time: string): string => new Date(Date.parse(time) + milliseconds).toISOString();
  database.transaction(() => {
    for (const { id, data } of database.all("SELECT id, data FROM sandboxes")) {
      const row = JSON.parse(String(data)) as SandboxRow;
      const { lastActiveAt, stateSince, expiresAt } = row;
      const next: SandboxRow = {
        ...row,
        lastActiveAt: shifted(lastActiveAt),
        stateSince: shifted(stateSince),
        expiresAt: expiresAt === null ? null : shifted(expiresAt),
      };
      database.run("UPDATE sandboxes SET data = ? WHERE id = ?", JSON.stringify(next), String(id));
    }
    for (const table of ["runs", "builds", "exports"]) {
      database.run(`UPDATE ${table} SET ended_at = ended_at + ? WHERE ended_at IS NOT NULL`, milliseconds);
    }
  });
  moved();
}
