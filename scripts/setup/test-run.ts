import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runForeground } from "./foreground.ts";
import { furtherFailures, readTotals, totalsLine } from "./test-totals.ts";
import type { Say } from "./say.ts";

export interface TestRunOptions {
  root: string;
  say: Say;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  ci: boolean;
  /** Only what needs no engine. */
  unitOnly: boolean;
}

export interface Counted {
  passed: number;
  failed: number;
}

const CHECK_MS = 600_000;
const VITEST_MS = 4_200_000;
/** The project of vitest.config.ts whose tests need no engine. */
const UNIT_PROJECT = "unit";

/** Everything that needs no engine and no test runner: format, lint, types, layers. One failure at most. */
export async function runChecks({ root, say, signal, env }: TestRunOptions): Promise<Counted> {
  say.title("Checks");
  const argv = [process.execPath, join(root, "scripts/check.ts")] as const;
  const code = await runForeground(argv, { cwd: root, env, signal, deadlineMs: CHECK_MS });
  signal.throwIfAborted();
  if (code === 0) return { passed: 0, failed: 0 };
  say.fail(`the checks failed (exit code ${code})`, "npm run check runs them alone");
  return { passed: 0, failed: 1 };
}

/** All projects of vitest, counted from its JSON report. */
export async function runVitest(options: TestRunOptions): Promise<Counted> {
  const { root, say, signal, env, ci, unitOnly } = options;
  say.title("Tests");
  const directory = await mkdtemp(join(tmpdir(), "moorage-test-"));
  try {
    const report = join(directory, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const only = unitOnly ? ["--project", UNIT_PROJECT] : [];
    const argv = [
      process.execPath,
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...reporters,
      ...only,
    ] as const;
    const exitCode = await runForeground(argv, { cwd: root, env, signal, deadlineMs: VITEST_MS });
    signal.throwIfAborted();
    const written = await readFile(report, "utf8").catch(() => undefined);
    if (written === undefined) {
      say.fail(`vitest ended with ${exitCode} and wrote no report`);
      return { passed: 0, failed: 1 };
    }
    const totals = readTotals(written);
    const further = furtherFailures(totals, { exitCode, ci });
    for (const failure of further) say.fail(failure);
    if (totals.skipped > 0 && !ci) say.warn(`${totals.skipped} tests were skipped`);
    return { passed: totals.passed, failed: totals.failed + further.length };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The last lines, and the exit code that they mean. */
export function tellTotals(counts: readonly Counted[], say: Say): number {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  say.line("");
  say.line(totalsLine({ passed, failed }));
  return failed === 0 && passed > 0 ? 0 : 1;
}
