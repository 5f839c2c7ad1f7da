import { z } from "zod";

/** What `npm test` counts, over all projects of vitest. */
export interface TestTotals {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's JSON report that is read. */
const Report = z.object({
  success: z.boolean(),
  numPassedTests: z.int().nonnegative(),
  numFailedTests: z.int().nonnegative(),
  numPendingTests: z.int().nonnegative(),
  numTodoTests: z.int().nonnegative(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

/** Reads the report. A file that could not be loaded has no tests, and counts as one failure. */
export function readTotals(json: string): TestTotals {
  const report = Report.parse(JSON.parse(json));
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** One line for each reason for which a run counts as failed although no test of it failed. */
export function furtherFailures(totals: TestTotals, { exitCode, ci }: { exitCode: number; ci: boolean }): string[] {
  const failures: string[] = [];
  if (totals.passed + totals.failed === 0) failures.push("no test ran");
  if (exitCode !== 0 && totals.failed === 0) failures.push(`vitest ended with ${exitCode} although no test failed`);
  if (ci && totals.skipped > 0) failures.push(`${totals.skipped} tests were skipped, and under CI a skip is a failure`);
  return failures;
}

/** The last line of `npm test`. */
export function totalsLine({ passed, failed }: Pick<TestTotals, "passed" | "failed">): string {
  return `${passed} passed, ${failed} failed`;
}
