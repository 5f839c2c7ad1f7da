/**
 * Moorage as an MCP server: a tool for every operation that agents are offered.
 * @module
 */
export { createMcpServer, type McpParts } from "./create-mcp-server.ts";
export { serveMcpOnStdio, type McpStdioParts } from "./serve-on-stdio.ts";
export { listTools, type McpTool } from "./tools.ts";
