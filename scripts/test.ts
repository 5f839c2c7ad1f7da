import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { ensureBaseImages } from "./setup/base-images.ts";
import { circumstances } from "./setup/consent.ts";
import { engineEnvironment, type EngineAddress } from "./setup/engine-http.ts";
import { exitCodeOf } from "./setup/exit-code.ts";
import { runForeground } from "./setup/foreground.ts";
import { findLeaks, findTraces } from "./setup/leaks.ts";
import { TEST_PACKAGES } from "./setup/needed-packages.ts";
import { ensurePackages } from "./setup/packages.ts";
import { readyEngine } from "./setup/ready-engine.ts";
import { terminalSay, type Say } from "./setup/say.ts";
import { TEST_IMAGES } from "./setup/stand-in-recipes.ts";
import { stopSignal } from "./setup/stop-signal.ts";
import { runChecks, runVitest, tellTotals, type Counted, type TestRunOptions } from "./setup/test-run.ts";

const USAGE = 2;
/** The tests could not be started; nothing is known about them. */
const NOT_RUN = 1;
const LEAK_GRACE_MS = 10_000;
const REENTERED_MS = 3_600_000;

async function test(args: readonly string[]): Promise<number> {
  const say = terminalSay();
  const unknown = args.filter((arg) => arg !== "--unit");
  if (unknown.length > 0) {
    say.fail(`unknown argument "${unknown.join(" ")}"`, "npm test takes --unit: only what needs no engine");
    return USAGE;
  }
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { ci } = circumstances(process.env);
  const options = { root, say, signal: stopSignal(), env: process.env, ci, unitOnly: args.includes("--unit") };
  if (options.unitOnly) return tellTotals(await countAll(options, undefined), say);
  return testOnEngine(options);
}

async function testOnEngine(options: TestRunOptions): Promise<number> {
  const { root, say, signal } = options;
  say.title("Engine and base images");
  const engine = await readyEngine({ say, signal });
  if (engine.kind === "impossible") return NOT_RUN;
  if (engine.kind === "reenter") {
    // It runs under sudo, which this user cannot signal; Ctrl-C reaches it from the terminal.
    const never = new AbortController().signal;
    return runForeground(engine.argv, { cwd: root, env: process.env, signal: never, deadlineMs: REENTERED_MS });
  }
  try {
    const counts = await countOnEngine(options, engine.address);
    return tellTotals([...counts, await stopEngine(engine.stop, say)], say);
  } catch (error) {
    await stopEngine(engine.stop, say);
    throw error;
  }
}

async function countOnEngine(options: TestRunOptions, engine: EngineAddress): Promise<Counted[]> {
  const { say, signal } = options;
  const reason = "the tests need other engines and ways to them";
  if (
    !(await ensurePackages(TEST_PACKAGES, {
      command: "test",
      reason,
      say,
      signal,
    }))
  ) {
    throw new Error("the tests cannot run without these packages");
  }
  await ensureBaseImages(TEST_IMAGES, { engine, say, signal, command: "test" });
  return countAll({ ...options, env: { ...process.env, ...engineEnvironment(engine) } }, engine);
}

/** An engine that does not end is a failure beside those of the tests. */
async function stopEngine(stop: () => Promise<void>, say: Say): Promise<Counted> {
  try {
    await stop();
    return { passed: 0, failed: 0 };
  } catch (error) {
    say.fail(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1 };
  }
}

/** The checks, the tests, and what they left behind. */
async function countAll(options: TestRunOptions, engine: EngineAddress | undefined): Promise<Counted[]> {
  const { root, say, signal } = options;
  const sources = { engine, root, signal };
  const before = await findTraces(sources);
  const counts = [await runChecks(options), await runVitest(options)];
  say.title("Left behind");
  const leaks = await findLeaks(before, sources, LEAK_GRACE_MS);
  for (const leak of leaks) say.fail(`left behind: ${leak}`);
  if (leaks.length === 0) say.ok("no container, network, volume, image or process");
  return [...counts, { passed: 0, failed: leaks.length }];
}

process.umask(0o022);
process.exitCode = await exitCodeOf(() => test(process.argv.slice(2)));
