import { asksForVersion } from "./version-request.ts";
import { incompleteInstallation } from "./incomplete-installation.ts";
import type { CliHost, CliIo } from "./host.ts";

/**
 * Runs one command line, without the program's name, and resolves to its exit code. Never rejects, and touches nothing
 * but `io` and `host`. What is heavy is loaded only when it is needed: `--version` answers at once.
 */
export async function runCli(argv: readonly string[], io: CliIo, host: CliHost): Promise<number> {
  if (asksForVersion(argv)) {
    // A reader that has left already is no reason for a stack trace.
    io.stdout.on("error", () => undefined);
    io.stdout.write(argv.includes("--json") ? `${JSON.stringify({ version: host.version })}\n` : `${host.version}\n`);
    return 0;
  }
  try {
    const { runCommandLine } = await import("./command-line.ts");
    return await runCommandLine(argv, io, host);
  } catch (error) {
    // What writes errors could not be loaded itself.
    const told = incompleteInstallation(error);
    if (told === undefined) throw error;
    io.stderr.write(`error: ${told.message}\nhint: ${told.hint}\n`);
    return told.row.exit;
  }
}
