import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Where the database lies as it was before its last migration: one copy, replaced by the next. */
function copyOf(path: string): string {
  return `${path}.before-upgrade`;
}

/** The copy that a database has beside it; undefined where it was never migrated. */
export function keptCopy(path: string): string | undefined {
  return existsSync(copyOf(path)) ? copyOf(path) : undefined;
}

/**
 * Copies a database as it was before the transaction that the caller is in, whose lock keeps every other writer out. The
 * copy appears whole, and survives a loss of power.
 */
export function keepCopy(path: string): void {
  const made = `${copyOf(path)}.part`;
  rmSync(made, { force: true });
  try {
    const reader = new DatabaseSync(path, { readOnly: true });
    try {
      reader.prepare("VACUUM INTO ?").run(made);
    } finally {
      reader.close();
    }
    chmodSync(made, 0o600);
    const file = openSync(made, "r+");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(made, copyOf(path));
  } finally {
    rmSync(made, { force: true });
  }
}
