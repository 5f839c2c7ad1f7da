import { expect, test } from "vitest";
import { seen } from "../testing/seen.ts";

const output = { stdout: "out\n", stderr: "err\n", bytes: 8, next: "WyIyMDI2", gap: false };

test("sandbox output: what was printed, and where to go on for who goes on", async () => {
  expect(await seen(["sandbox", "output", "web"], ["sandbox.output", output])).toMatchInlineSnapshot(`
    "out
    2> err
    "
  `);
  const argv = ["sandbox", "output", "web", "--after", "WyIyMDI1"];
  expect(await seen(argv, ["sandbox.output", output])).toMatchInlineSnapshot(`
    "out
    2> err
    2> note: go on with --after WyIyMDI2
    "
  `);
  expect(await seen(argv, ["sandbox.output", { ...output, gap: true }])).toMatchInlineSnapshot(`
    "out
    2> err
    2> note: what came before is no longer kept; go on with --after WyIyMDI2
    "
  `);
});
