import { MoorageError } from "../../base/errors.ts";
import type { Readiness, SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { textSearch } from "../text-search.ts";

type PlannedMain = Pick<
  SandboxRow,
  "useImageCommand" | "command" | "readiness" | "readinessTimeoutMs" | "readinessIntervalMs"
>;

/** The main process, and what tells that it is ready. What could never become ready is refused. */
export async function planMain({ engine }: DomainContext, input: SandboxCreate): Promise<PlannedMain> {
  const useImageCommand = input.useImageCommand ?? false;
  const own = useImageCommand || input.command !== undefined;
  if (own && engine.ports === undefined) {
    const message = `A sandbox of the ${engine.name} engine has no main process of its own: each run is apart.`;
    throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: "Leave the command out, and start it as a run." });
  }
  if (input.readiness !== undefined) await checkReadiness(input.readiness, own);
  return {
    useImageCommand,
    command: input.command ?? null,
    readiness: input.readiness ?? null,
    readinessTimeoutMs: input.readinessTimeoutMs ?? 60_000,
    readinessIntervalMs: input.readinessIntervalMs ?? 500,
  };
}

async function checkReadiness(readiness: Readiness, own: boolean): Promise<void> {
  if (readiness.command === undefined && !own) {
    const kind = Object.keys(readiness).join(", ");
    const message = `readiness.${kind} waits for the main process, but this sandbox has none of its own.`;
    throw new MoorageError("INVALID_INPUT", message, {
      hint: "Add --use-image-command, or a command after --; or check by a command.",
    });
  }
  if (readiness.log !== undefined) await textSearch(readiness.log);
}
