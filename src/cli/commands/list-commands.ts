import { listOperations } from "../../contracts/platform.ts";
import type { CliCommand } from "../invocation.ts";
import { mcpCommand } from "./mcp.ts";
import { operationCommand } from "./operation-command.ts";
import { copyCommand } from "./sandbox-cp.ts";
import { serveCommand } from "./serve.ts";

/** Every command: the rows of the operations table, and the few that cannot be one. */
export function listCommands(): readonly CliCommand[] {
  return [...listOperations().map(operationCommand), copyCommand, serveCommand, mcpCommand];
}
