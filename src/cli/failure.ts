import { asMoorageError, isMoorageError, MoorageError, toWireError } from "../base/errors.ts";
import { EXIT } from "./exit-codes.ts";
import type { CliHost, CliIo } from "./host.ts";
import { incompleteInstallation } from "./incomplete-installation.ts";
import { isBrokenPipe } from "./output/sink.ts";
import type { Ui } from "./output/ui.ts";

export type Failing = {
  readonly io: CliIo;
  readonly host: CliHost;
  readonly ui: Ui;
  readonly json: boolean;
  /** True for commands whose exit code is a program's own. */
  readonly runs: boolean;
  /** What Ctrl-C means for what the command was doing. @default what it had begun was ended too */
  readonly leaving?: string | undefined;
};

/** Tells people, or programs under `--json`, what failed. Resolves to the exit code. */
export async function tellFailure(failure: unknown, failing: Failing): Promise<number> {
  const { io, host, ui, runs } = failing;
  if (isBrokenPipe(ui.closed.reason)) return EXIT.brokenPipe;
  const error = io.signal.aborted
    ? asCanceled(failure, failing)
    : (incompleteInstallation(failure) ?? asMoorageError(failure));
  if (error.code === "INTERNAL") await host.logUnexpected(error).catch(() => undefined);
  await tell(explained(error), failing);
  if (io.signal.aborted) return EXIT.interrupted;
  return runs ? EXIT.notRun : error.row.exit;
}

async function tell(error: MoorageError, { ui, json }: Failing): Promise<void> {
  const onStderr = (): Promise<void> => ui.error(error.message, error.hint).catch(() => undefined);
  if (!json) return onStderr();
  // Where stdout takes nothing more, stderr is the last place to say so.
  const line = `${JSON.stringify({ error: toWireError(error) })}\n`;
  await ui.out(line).catch(onStderr);
}

// What an interruption makes of the work's own errors is not the person's concern; what else went wrong is.
function asCanceled(failure: unknown, { leaving: hint = "What it had begun was ended too." }: Failing): MoorageError {
  if (isMoorageError(failure) && failure.code !== "INTERNAL" && failure.code !== "CANCELED") return failure;
  return new MoorageError("CANCELED", "The command was canceled.", { hint, cause: failure });
}

function explained(error: MoorageError): MoorageError {
  if (error.code !== "INTERNAL") return error;
  const hint = `${error.hint} Rerun with MOORAGE_LOG=debug to see more.`;
  return new MoorageError(error.code, error.message, { hint, details: error.details, cause: error.cause });
}
