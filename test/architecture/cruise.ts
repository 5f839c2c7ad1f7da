import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const CRUISER = join(REPOSITORY, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
const RULES = join(REPOSITORY, ".dependency-cruiser.mjs");

const Report = z.object({
  summary: z.object({
    violations: z.array(z.object({ rule: z.object({ name: z.string() }), from: z.string(), to: z.string() })),
    totalCruised: z.number(),
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string() })) }),
  }),
});

export interface Cruise {
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
  readonly moduleCount: number;
  readonly rules: readonly { readonly name: string; readonly comment: string }[];
}

/** Holds the rules of this repository against the `src` of a directory, as `npm run check` does. */
export async function cruise(directory: string): Promise<Cruise> {
  const argv = [CRUISER, "src", "--config", RULES, "--output-type", "json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: directory, maxBuffer: 64 * 1024 * 1024 });
  const { summary } = Report.parse(JSON.parse(stdout));
  const violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  return { violations, moduleCount: summary.totalCruised, rules: summary.ruleSetUsed.forbidden };
}
