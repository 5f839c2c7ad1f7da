import type { UnitInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { lastWords } from "../readiness/last-words.ts";

/** True for a sandbox that runs a program of its own, whose end is the sandbox's; others wait for runs. */
export function hasMainProcess({ useImageCommand, command }: SandboxRow): boolean {
  return useImageCommand || command !== null;
}

/** Why a sandbox that ran is stopped on the engine: how its main process ended, and what that printed last. */
export async function endOfMain({ engine, logger }: DomainContext, row: SandboxRow, unit: UnitInfo): Promise<string> {
  const how = `${unit.oomKilled ? ", out of memory," : ""} with code ${unit.exitCode ?? "unknown"}`;
  if (!hasMainProcess(row)) return `It was ended on the engine${how}.`;
  const ended = `Its main process ended${how}`;
  try {
    const words = lastWords(Buffer.concat((await engine.lastOutput(row.id)).map(({ data }) => data)).toString());
    return words === "" ? `${ended}; it printed nothing.` : `${ended}; it printed last: ${words}`;
  } catch (error) {
    // How it ended is worth more than what it said.
    logger.warn({ err: error, sandboxId: row.id }, "the last output of a main process could not be read");
    return `${ended}.`;
  }
}
