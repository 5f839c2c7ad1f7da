import { MoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { RunSignal } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { StartGate } from "../unit/start-gate.ts";
import { runCommand } from "./run-command.ts";
import { SIGNAL_ALL_SCRIPT } from "./run-scripts.ts";

const SIGNAL_MS = 5_000;

type Signaling = { readonly api: EngineApi; readonly gate: StartGate; readonly logger: Logger };

/**
 * The init process passes a signal to the program alone, so the whole tree is told by a shell beside it. Where that
 * cannot start, at the process limit for example, the program at least is told.
 */
export async function signalJob(context: Signaling, containerId: string, name: RunSignal): Promise<void> {
  // They would stop the guards as well, which end the job at its deadline when nobody watches it.
  if (name === "STOP" || name === "CONT") {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The docker engine sends no ${name} to a job.`, {
      hint: "Run it in a sandbox, whose runs can be stopped and continued.",
    });
  }
  if (name !== "USR1" && name !== "USR2" && (await signalAll(context, containerId, name))) return;
  try {
    await context.api.send({ method: "POST", path: `/containers/${containerId}/kill`, query: { signal: name } });
  } catch (error) {
    // It has ended, or is gone, already.
    if (![404, 409].includes(answerOf(error)?.status ?? 0)) throw error;
  }
}

/** False when not all could be told. */
async function signalAll({ api, gate, logger }: Signaling, containerId: string, name: RunSignal): Promise<boolean> {
  try {
    const command = ["/bin/sh", "-c", SIGNAL_ALL_SCRIPT, "moorage", name];
    const { exitCode, stderr } = await runCommand(
      { api, starts: gate.pass },
      { containerId, command, timeoutMs: SIGNAL_MS },
    );
    if (exitCode === 0) return true;
    logger.debug({ exitCode, stderr }, "a signal is sent to the program of a job alone");
  } catch (error) {
    logger.debug({ err: error }, "a signal is sent to the program of a job alone");
  }
  return false;
}
