import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RunRow, SandboxRow, SnapshotRow, WorkRow } from "../../../src/store/store.ts";
import type { Home } from "../../fixtures/command-line.ts";

export type Registry = {
  readonly sandboxes: readonly SandboxRow[];
  readonly snapshots: readonly SnapshotRow[];
  /** Builds and exports. */
  readonly works: readonly Pick<WorkRow, "id" | "status">[];
  readonly runs: readonly Pick<RunRow, "id" | "status" | "exitCode" | "receiptId" | "command" | "sandboxId">[];
};

/** What the state of a home says, read past the server that keeps it. */
export function readRegistry(home: Home): Registry {
  using database = new DatabaseSync(join(home.path, "moorage.db"), { readOnly: true });
  const rows = (table: "sandboxes" | "snapshots" | "runs" | "builds" | "exports") =>
    database
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) => ({ ...(JSON.parse(String(row["data"])) as object), ...columns(row) }));
  return {
    sandboxes: rows("sandboxes") as SandboxRow[],
    snapshots: rows("snapshots") as SnapshotRow[],
    works: [...rows("builds"), ...rows("exports")] as WorkRow[],
    runs: rows("runs") as RunRow[],
  };
}

function columns(row: Readonly<Record<string, unknown>>): object {
  return "status" in row ? { status: row["status"] } : {};
}
