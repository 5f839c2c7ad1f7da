import { inlineSchema, type JsonSchema } from "../contracts/json-schema.ts";
import type { McpBinding } from "../contracts/operation.ts";
import { listOperations, type NamedOperation } from "../contracts/platform.ts";

/** An operation as an agent sees it. */
export type McpTool = {
  readonly named: NamedOperation;
  /** Such as `sandbox_create`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Of a stream: what its `result` event holds. */
  readonly outputSchema: JsonSchema;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly openWorldHint: boolean;
  };
};

/** Every operation that is offered to agents. */
export function listTools(): readonly McpTool[] {
  return listOperations().flatMap((named) => {
    const { mcp } = named.operation;
    return mcp === undefined ? [] : [toolOf(named, mcp)];
  });
}

function toolOf(named: NamedOperation, mcp: McpBinding): McpTool {
  const { operation } = named;
  const output = inlineSchema(operation.output);
  return {
    named,
    name: named.name.replace(".", "_"),
    description: operation.summary,
    inputSchema: withDefaults(inlineSchema(operation.input), mcp.defaults),
    outputSchema: operation.kind === "unary" ? output : resultOf(named.name, output),
    annotations: { readOnlyHint: mcp.readOnly, destructiveHint: mcp.destructive, openWorldHint: false },
  };
}

/** The schema as it is for agents: with the values that are theirs where they give none. */
function withDefaults(schema: JsonSchema, defaults: Readonly<Record<string, unknown>> = {}): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, JsonSchema] => [
    name,
    name in defaults ? { ...property, default: defaults[name] } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

function resultOf(name: string, event: JsonSchema): JsonSchema {
  const variants = event.oneOf ?? event.anyOf ?? [];
  const last = variants.find((variant) => variant.properties?.["type"]?.const === "result");
  const result = last?.properties?.["result"];
  if (result === undefined) throw new TypeError(`The stream ${name} has no result event, so it cannot be a tool.`);
  return result;
}
