import { OUTLINE, type OutlinedOperation } from "../../contracts/outline.ts";
import type { CliCommand } from "../invocation.ts";
import { jobsCommand } from "./jobs.ts";
import { mcpCommand } from "./mcp.ts";
import { operationCommand } from "./operation-command.ts";
import { copyCommand } from "./sandbox-cp.ts";
import { shellCommand } from "./sandbox-shell.ts";
import { serveCommand } from "./serve.ts";

/** Rows whose command takes more than their input's fields. */
const BY_HAND: Readonly<Record<string, (operation: OutlinedOperation) => CliCommand>> = { "job.batch": jobsCommand };

/** Every command: the rows of the operations table, and the few that cannot be one. */
export function listCommands(): readonly CliCommand[] {
  return [
    ...OUTLINE.map((operation) => (BY_HAND[operation.name] ?? operationCommand)(operation)),
    copyCommand,
    shellCommand,
    serveCommand,
    mcpCommand,
  ];
}
