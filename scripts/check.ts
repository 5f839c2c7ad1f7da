import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { runProgram } from "./setup/run-program.ts";
import { terminalSay } from "./setup/say.ts";

interface Step {
  readonly name: string;
  /** A program of this clone, run by the Node that runs this. */
  readonly argv: readonly [script: string, ...args: string[]];
  /** What to do when it fails. */
  readonly hint: string;
  /** What its output has to have, where a tool that finds nothing to look at would pass. */
  readonly says?: RegExp;
}

const STEPS: readonly Step[] = [
  { name: "types", argv: ["node_modules/typescript-native/bin/tsc", "--noEmit", "-p", "."], hint: "npx tsc --noEmit" },
  { name: "lint", argv: ["node_modules/oxlint/bin/oxlint"], hint: "npx oxlint --fix repairs some of it" },
  { name: "format", argv: ["node_modules/oxfmt/bin/oxfmt", "--check", "."], hint: "npm run format repairs it" },
  {
    name: "layers",
    argv: ["node_modules/dependency-cruiser/bin/dependency-cruiser.mjs", "src", "--output-type", "err-long"],
    hint: "ARCHITECTURE.md tells which layer may import which",
    says: /\d{3,} modules/,
  },
  { name: "dead code", argv: ["node_modules/knip/bin/knip.js"], hint: "remove it, or use it" },
  { name: "build", argv: ["scripts/build.ts"], hint: "npm run build runs it alone" },
  { name: "generated", argv: ["scripts/generate.ts", "--check"], hint: "npm run generate writes them anew" },
];

const AT_ONCE = 2;
const STEP_MS = 300_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = terminalSay();

process.chdir(root);
process.exitCode = (await runSteps(STEPS)) ? 0 : 1;

/** Runs every step, also after a failure, and tells whether all have passed. */
async function runSteps(steps: readonly Step[]): Promise<boolean> {
  const waiting = [...steps];
  const passed: boolean[] = [];
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) passed.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return passed.every(Boolean);
}

async function runStep({ name, argv, hint, says = /(?:)/ }: Step): Promise<boolean> {
  const [script, ...args] = argv;
  const started = performance.now();
  const { code, output } = await runProgram([process.execPath, script, ...args], { deadlineMs: STEP_MS });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0 && says.test(output)) {
    say.ok(`${name} (${seconds} s)`);
    return true;
  }
  say.line("");
  say.line(output.trimEnd());
  say.fail(`${name}: exit code ${code} (${seconds} s)`, hint);
  return false;
}
