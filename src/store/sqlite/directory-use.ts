import { MoorageError } from "../../base/errors.ts";
import type { RunRow, SandboxRow } from "../store.ts";
import type { Database } from "./database.ts";

/** Who is about to work in a directory of the host. */
type Wanted = { readonly path: string; readonly shared: boolean; readonly owner: string };

type Use = Wanted & { readonly by: "run" | "sandbox"; readonly id: string; readonly name: string | null };

/**
 * CONFLICT when somebody works in the directory who does not share it, or in one above or below: directories inside one
 * another are never in use at once, for a program could change what the other's path leads to. A job works there while
 * it runs, a sandbox for as long as it exists. Who is lent one by root never shares it.
 */
export function refuseDirectoryInUse(database: Database, wanted: Wanted | undefined): void {
  if (wanted === undefined) return;
  for (const use of [...ofRuns(database), ...ofSandboxes(database)]) {
    const sharing = use.path === wanted.path && use.shared && wanted.shared;
    if (sharing || !overlap(use.path, wanted.path)) continue;
    throw inUse(wanted, use);
  }
}

export function directoryOfRun({ workspacePath, workspaceHandedOver, owner }: RunRow): Wanted | undefined {
  return workspacePath === null ? undefined : { path: workspacePath, shared: !workspaceHandedOver, owner };
}

export function directoryOfSandbox({ directory, owner }: SandboxRow): Wanted | undefined {
  return directory === null ? undefined : { path: directory.path, shared: directory.shared, owner };
}

function ofRuns(database: Database): readonly Use[] {
  return database.all("SELECT data FROM runs WHERE status = 'running'").flatMap(({ data }): readonly Use[] => {
    const run = JSON.parse(String(data)) as RunRow;
    const place = directoryOfRun(run);
    return place === undefined ? [] : [{ ...place, by: "run", id: run.id, name: null }];
  });
}

function ofSandboxes(database: Database): readonly Use[] {
  const rows = database.all("SELECT data FROM sandboxes WHERE data ->> '$.directory.path' IS NOT NULL");
  return rows.flatMap(({ data }): readonly Use[] => {
    const sandbox = JSON.parse(String(data)) as SandboxRow;
    const place = directoryOfSandbox(sandbox);
    // Of one that failed nothing is left but the news.
    if (place === undefined || sandbox.state === "error") return [];
    return [{ ...place, by: "sandbox", id: sandbox.id, name: sandbox.name }];
  });
}

function inUse({ path, owner }: Wanted, use: Use): MoorageError {
  const user = use.by === "run" ? `run ${use.id}` : sandboxName(use, owner);
  const message = `The workspace ${JSON.stringify(path)} is in use by ${user}, in ${JSON.stringify(use.path)}.`;
  const details = use.by === "run" ? { runId: use.id } : use.owner === owner ? { sandboxId: use.id } : {};
  return new MoorageError("CONFLICT", message, { hint: hintOf(use, path), details });
}

function sandboxName({ id, name, ...use }: Use, owner: string): string {
  return use.owner === owner ? `your sandbox "${name ?? id}"` : "another sandbox";
}

function hintOf(use: Use, path: string): string {
  if (use.by === "run") return "Wait until that run has ended, or give each job a directory of its own.";
  if (use.path !== path) return "Remove that sandbox, or use a directory apart from it: neither above nor below.";
  return "Remove that sandbox, use another directory, or create each of them with --share-workspace.";
}

function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
