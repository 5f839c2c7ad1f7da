import type { Readable, Writable } from "node:stream";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { createMcpServer, type McpParts } from "./create-mcp-server.ts";

/** Longest message: a file of 16 MiB in base64, and what is around it. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

export type McpStdioParts = McpParts & {
  readonly stdin: Readable;
  /** Belongs to the protocol: nothing else may write to it. */
  readonly stdout: Writable;
  readonly signal: AbortSignal;
};

/**
 * Serves MCP on a pair of streams until stdin ends, stdout breaks, a message is too long, or the signal aborts. Calls
 * that are open then are ended.
 */
export async function serveMcpOnStdio({ stdin, stdout, signal, ...parts }: McpStdioParts): Promise<void> {
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: MAX_MESSAGE_BYTES });
  const server = serveStdio(() => createMcpServer(parts), {
    transport,
    onerror: (error) => parts.logger.warn({ err: error }, "An MCP message could not be handled."),
  });
  const over = Promise.withResolvers<void>();
  const { onclose } = transport;
  Object.assign(transport, {
    onclose: () => {
      onclose?.();
      over.resolve();
    },
  });
  const stop = (): void => over.resolve();
  signal.addEventListener("abort", stop, { once: true });
  if (!signal.aborted) await over.promise;
  signal.removeEventListener("abort", stop);
  await server.close();
}
