import { expect, test } from "vitest";

import { furtherFailures, readTotals, totalsLine } from "./test-totals.ts";

const report = (counts: object, testResults: object[] = []) =>
  JSON.stringify({
    success: true,
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults,
    ...counts,
  });
const none = { passed: 0, failed: 0, skipped: 0 };

test("passed, failed and both kinds of skipped are counted", () => {
  const json = report({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 3 });
  expect(readTotals(json)).toEqual({ passed: 5, failed: 2, skipped: 4 });
});

test("a file that could not be loaded is a failure, one with a failed test is not counted again", () => {
  const json = report({ numFailedTests: 1 }, [
    { name: "a.test.ts", status: "failed", assertionResults: [] },
    { name: "b.test.ts", status: "failed", assertionResults: [{ status: "failed" }] },
    { name: "c.test.ts", status: "passed", assertionResults: [{ status: "passed" }] },
  ]);
  expect(readTotals(json).failed).toBe(2);
});

test("no test at all is a failure", () => {
  expect(furtherFailures(none, { exitCode: 0, ci: false })).toEqual(["no test ran"]);
});

test("a run that failed without a failed test is a failure", () => {
  const totals = { ...none, passed: 3 };
  expect(furtherFailures(totals, { exitCode: 1, ci: false })).toEqual([expect.stringContaining("ended with 1")]);
  expect(furtherFailures(totals, { exitCode: 0, ci: false })).toEqual([]);
});

test("a skipped test is a failure under CI alone", () => {
  const totals = { ...none, passed: 3, skipped: 1 };
  expect(furtherFailures(totals, { exitCode: 0, ci: true })).toEqual([expect.stringContaining("1 tests were skipped")]);
  expect(furtherFailures(totals, { exitCode: 0, ci: false })).toEqual([]);
});

test("the last line", () => {
  expect(totalsLine({ passed: 12, failed: 0 })).toBe("12 passed, 0 failed");
});
