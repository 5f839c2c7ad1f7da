import { OUTLINE, type OutlinedOperation } from "../../contracts/outline.ts";
import type { CliCommand } from "../invocation.ts";
import { contextUploadCommand } from "./context-upload.ts";
import { engineProxyCommand } from "./engine-proxy.ts";
import { jobsCommand } from "./jobs.ts";
import { readCommand, writeCommand } from "./file-content.ts";
import { exportCommand } from "./image-export.ts";
import { importCommand } from "./image-import.ts";
import { sbomCommand } from "./image-sbom.ts";
import { mcpCommand } from "./mcp.ts";
import { operationCommand } from "./operation-command.ts";
import { copyCommand } from "./sandbox-cp.ts";
import { shellCommand } from "./sandbox-shell.ts";
import { serveCommand } from "./serve.ts";

/** Rows whose command does more than to pass their input on. */
const BY_HAND: Readonly<Record<string, (operation: OutlinedOperation) => CliCommand>> = {
  "job.batch": jobsCommand,
  "file.read": readCommand,
  "file.write": writeCommand,
  "image.export": exportCommand,
  "image.sbom": sbomCommand,
};

/** Every command: the rows of the operations table, and the few that cannot be one. */
export function listCommands(): readonly CliCommand[] {
  return [
    ...OUTLINE.map((operation) => (BY_HAND[operation.name] ?? operationCommand)(operation)),
    contextUploadCommand,
    copyCommand,
    shellCommand,
    serveCommand,
    engineProxyCommand,
    mcpCommand,
    importCommand,
  ];
}
