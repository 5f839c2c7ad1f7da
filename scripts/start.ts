import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { firstEngine } from "./setup/first-engine.ts";
import { firstRun, nextCommands, tellResult } from "./setup/first-run.ts";
import { exitCodeOf } from "./setup/exit-code.ts";
import { isWatched, leaveServing } from "./setup/leave-serving.ts";
import { terminalSay } from "./setup/say.ts";
import { stopSignal } from "./setup/stop-signal.ts";

/** No engine can work here. */
const NO_ENGINE = 125;

async function start(): Promise<number> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const say = terminalSay();
  const signal = stopSignal();
  say.title("Moorage: a first program in a sandbox");
  const chosen = await firstEngine({ say, signal });
  if (chosen === undefined) return NO_ENGINE;
  const { image, engine } = chosen;
  const env = { ...process.env, ...chosen.env };
  say.step(`running a program${image === undefined ? "" : ` in ${image}`}`);
  const outcome = await firstRun({ root, image, engine, env, signal });
  if (outcome.kind === "failed") {
    say.fail(outcome.message, outcome.hint ?? "bin/moorage doctor tells what is missing on this machine");
    return 1;
  }
  tellResult(outcome.result, image, say);
  if (outcome.result.exitCode !== 0) return 1;
  say.title("Next");
  for (const command of nextCommands(image)) say.line(`    ${command}`);
  return isWatched() ? leaveServing({ root, image, engine, env, say, signal }) : 0;
}

process.umask(0o022);
process.exitCode = await exitCodeOf(start);
