import { McpServer, type CallToolResult, type ServerContext } from "@modelcontextprotocol/server";
import { systemClock } from "../base/clock.ts";
import { canceled } from "../base/deadline.ts";
import { asMoorageError, isMoorageError, toWireError, type MoorageError } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";
import type { JsonSchema } from "../contracts/json-schema.ts";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import type { Platform } from "../contracts/platform.ts";
import { collectResult, isFields } from "./collect-result.ts";
import { listTools, type McpTool } from "./tools.ts";

export type McpParts = { readonly platform: Platform; readonly version: string; readonly logger: Logger };

const INSTRUCTIONS =
  "Run code and commands in isolated containers. `job_run` runs one command in a sandbox of its own; for several " +
  "steps make one with `sandbox_create`, then use `sandbox_exec` and the file tools, and end with `sandbox_remove`. " +
  "A command that exits with another code than 0 is a result, not an error. Errors carry a `hint` with the next action.";

/** The MCP door: every operation that the table offers to agents, as a tool. */
export function createMcpServer({ platform, version, logger }: McpParts): McpServer {
  const server = new McpServer({ name: "moorage", title: "Moorage", version }, { instructions: INSTRUCTIONS });
  for (const tool of listTools()) {
    const { name, description, annotations } = tool;
    const inputSchema = uncheckedSchema(tool.inputSchema);
    const outputSchema = uncheckedSchema(tool.outputSchema);
    server.registerTool(name, { description, annotations, inputSchema, outputSchema }, (input, context) =>
      answer(tool, { platform, logger, input, context }),
    );
  }
  return server;
}

type Call = {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly input: unknown;
  readonly context: ServerContext;
};

async function answer(tool: McpTool, call: Call): Promise<CallToolResult> {
  const requestId = newId();
  const startedAt = systemClock.monotonic();
  const fields = () => ({ requestId, tool: tool.name, durationMs: Math.round(systemClock.monotonic() - startedAt) });
  try {
    const result = await perform(tool, call);
    call.logger.info(fields(), "tool call");
    return { content: [{ type: "text", text: JSON.stringify(result) }], structuredContent: result };
  } catch (thrown) {
    const left = call.context.mcpReq.signal.aborted && !isMoorageError(thrown);
    const error = left ? canceled(thrown) : asMoorageError(thrown);
    logFailure(call.logger, { ...fields(), code: error.code }, error);
    const body = { error: toWireError(error, requestId) };
    return { isError: true, content: [{ type: "text", text: JSON.stringify(body) }], structuredContent: body };
  }
}

async function perform(tool: McpTool, { platform, input, context }: Call): Promise<Record<string, unknown>> {
  const { signal } = context.mcpReq;
  if (tool.named.operation.kind === "stream") {
    const stream: StreamMethod = methodOf(platform, tool.named);
    return { ...(await collectResult(stream(input, { signal }), progressReporter(context))) };
  }
  const unary: UnaryMethod = methodOf(platform, tool.named);
  const output = await unary(withDefaults(tool, input), { signal });
  if (!isFields(output)) throw new TypeError(`${tool.name} did not answer with an object.`);
  return { ...output };
}

function withDefaults({ named }: McpTool, input: unknown): unknown {
  const defaults = named.operation.mcp?.defaults;
  return defaults !== undefined && isFields(input) ? { ...defaults, ...input } : input;
}

/** Sends progress to a client that asked for it, and nothing to others. */
function progressReporter(context: ServerContext): (message: string) => Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => Promise.resolve();
  let progress = 0;
  return async (message) => {
    progress += 1;
    const params = { progressToken, progress, message };
    await context.mcpReq.notify({ method: "notifications/progress", params });
  };
}

function logFailure(logger: Logger, fields: Readonly<Record<string, unknown>>, error: MoorageError): void {
  if (error.row.fault === "caller") logger.info(fields, "tool call");
  else logger.error({ ...fields, err: error }, "tool call");
}

/**
 * A schema that is shown but checks nothing: inputs are parsed at the platform's door, which answers with the errors
 * that every other door has.
 */
function uncheckedSchema(schema: JsonSchema) {
  const shown = (): Record<string, unknown> => ({ ...schema });
  return {
    "~standard": {
      version: 1,
      vendor: "moorage",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: shown, output: shown },
    },
  } as const;
}
