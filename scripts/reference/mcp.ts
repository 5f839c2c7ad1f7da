import { listTools, type McpTool } from "../../src/mcp/tools.ts";
import { code, described, fieldsOf, page, table, typeText } from "./markdown.ts";

const INTRODUCTION = `\`moorage mcp\` serves these tools on standard input and output. A client is told to start it like this:

\`\`\`json
{ "mcpServers": { "moorage": { "command": "moorage", "args": ["mcp"] } } }
\`\`\`

A tool answers with an object, as structured content and as text. Tools that run a program answer when it has ended; clients that send a progress token hear of the progress before, and a client that cancels ends the program. Of each output at most 64 Ki characters are sent, its head and its tail; \`run_get\` has what was kept. Errors are results with \`isError\` and the form of [errors](errors.md).`;

export function mcpReference(): string {
  return page("MCP tools", [INTRODUCTION, overview(listTools()), ...listTools().flatMap(toolSections)]);
}

function overview(tools: readonly McpTool[]): string {
  return table(
    ["tool", "does", "changes something"],
    tools.map(({ name, description, annotations }) => [
      `[${name}](#${name.toLowerCase()})`,
      description,
      changes(annotations),
    ]),
  );
}

function changes({ readOnlyHint, destructiveHint }: McpTool["annotations"]): string {
  if (readOnlyHint) return "no";
  return destructiveHint ? "removes" : "yes";
}

function toolSections({ name, description, inputSchema, outputSchema }: McpTool): readonly string[] {
  const rows = (schema: typeof inputSchema) =>
    fieldsOf(schema).map((field) => [
      code(field.name),
      typeText(field.schema, code),
      field.required ? "yes" : "no",
      described(field.schema),
    ]);
  const input = rows(inputSchema);
  return [
    `## ${name}`,
    description,
    input.length === 0 ? "It takes no input." : table(["input", "type", "required", "meaning"], input),
    `It answers with ${fieldsOf(outputSchema)
      .map((field) => code(field.name))
      .join(", ")}.`,
  ];
}
