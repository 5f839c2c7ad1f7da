import { emitSchema, type EmittedSchema, type JsonSchema } from "../contracts/json-schema.ts";
import type { Operation } from "../contracts/operation.ts";
import { listOperations, type NamedOperation } from "../contracts/platform.ts";
import { EVENT_STREAM, NDJSON } from "./answers.ts";
import { errorResponses, errorSchemas, failedResponses } from "./openapi-errors.ts";
import { rawPaths, serverPaths, terminalPaths } from "./openapi-raw.ts";

type Json = Readonly<Record<string, unknown>>;
export type OpenApiDocument = Json & {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly parameters: Json;
    readonly responses: Json;
    readonly securitySchemes: Json;
  };
};

const SCHEMAS = "#/components/schemas/";

/** The HTTP door as OpenAPI 3.1. */
export function createOpenApi(version: string): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const named of listOperations()) {
    const { method, path } = named.operation.http;
    (paths[path] ??= {})[method] = describeOperation(named, schemas);
  }
  for (const [path, routes] of Object.entries({ ...rawPaths(), ...terminalPaths() }))
    Object.assign((paths[path] ??= {}), routes);
  return {
    openapi: "3.1.1",
    info: {
      title: "Moorage",
      version,
      summary: "Isolated containers for AI agents: sandboxes, runs, files and receipts.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "A door of `moorage serve`." }],
    security: [{ key: [] }],
    tags: [...new Set(listOperations().map(({ noun }) => noun)), "raw", "terminal", "server"].map((name) => ({ name })),
    paths: { ...paths, ...serverPaths() },
    components: {
      schemas: { ...sortedByName(schemas), ...errorSchemas },
      parameters,
      responses: errorResponses,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description:
            "An API key, as `moorage key create` shows it. The socket of the user who started the server asks for none.",
        },
      },
    },
  };
}

function describeOperation({ name, noun, operation }: NamedOperation, schemas: Record<string, JsonSchema>): Json {
  const input = inPlace(emitSchema(operation.input, SCHEMAS));
  const output = emitSchema(operation.output, SCHEMAS);
  Object.assign(schemas, input.definitions, output.definitions);
  const { method, path } = operation.http;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field);
  const { properties = {}, required = [] } = input.schema;
  const rest = Object.keys(properties).filter((field) => !inPath.includes(field));
  const hasBody = method === "post" || method === "put";
  const parameter = (place: "path" | "query") => (field: string) => ({
    name: field,
    in: place,
    ...describedParameter(properties[field] ?? {}, schemas),
    ...(required.includes(field) ? { required: true } : {}),
  });
  return {
    operationId: name.replace(".", "_"),
    tags: [noun],
    summary: operation.summary,
    parameters: [
      ...Object.keys(properties)
        .filter((field) => inPath.includes(field))
        .map(parameter("path")),
      ...(hasBody ? [] : rest.map(parameter("query"))),
      ...(operation.http.resumeBy === undefined ? [] : [lastEventId(operation.http.resumeBy)]),
      ...(takesKey(operation) ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    ],
    ...(hasBody ? { requestBody: describeBody(input.schema, rest) } : {}),
    responses: {
      "200": operation.kind === "unary" ? describeAnswer(output.schema) : describeStream(output.schema),
      ...failedResponses(inPath.length > 0),
    },
  };
}

function lastEventId(field: string): Json {
  const description = `The id of the event that was read last: the same as \`${field}\`, and before it.`;
  return { name: "last-event-id", in: "header", description, schema: { type: "string" } };
}

/** An input is written out where it is, also where its schema has a name: its fields are told apart by their places. */
function inPlace({ schema, definitions }: EmittedSchema): EmittedSchema {
  const name = typeof schema["$ref"] === "string" ? schema["$ref"].slice(SCHEMAS.length) : "";
  const { [name]: named, ...others } = definitions;
  return named === undefined ? { schema, definitions } : { schema: named, definitions: others };
}

/** A parameter says itself what it is, also where its schema is one that others use. */
function describedParameter(
  { description, ...schema }: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
): Json {
  const name = typeof schema["$ref"] === "string" ? schema["$ref"].slice(SCHEMAS.length) : "";
  return { description: description ?? schemas[name]?.description ?? "", schema };
}

function takesKey({ kind, http, mcp, secret }: Operation): boolean {
  return kind === "unary" && secret === undefined && http.method !== "get" && mcp?.readOnly !== true;
}

const parameters = {
  IdempotencyKey: {
    name: "idempotency-key",
    in: "header",
    description:
      "A key of your own choice: who sends the same again with it within 24 hours is told the first answer, and it " +
      "happens once. 422 with another input, 409 where the answer is lost.",
    schema: { type: "string", pattern: "^[!-~]{1,255}$" },
    example: "5f1c7a1e-nightly",
  },
};

function describeBody(input: JsonSchema, fields: readonly string[]): Json {
  const { properties = {}, required = [], ...others } = input;
  const needed = required.filter((field) => fields.includes(field));
  const schema = {
    ...others,
    properties: Object.fromEntries(fields.map((field) => [field, properties[field] ?? {}])),
    ...(needed.length === 0 ? {} : { required: needed }),
  };
  return { required: needed.length > 0, content: { "application/json": { schema } } };
}

function describeAnswer(schema: JsonSchema): Json {
  return { description: "Done.", content: { "application/json": { schema } } };
}

function describeStream(event: JsonSchema): Json {
  const schema = { anyOf: [event, { $ref: `${SCHEMAS}StreamError` }] };
  return {
    description:
      "The operation has begun. Each line is one object of this schema, sent when it happens; empty lines only show " +
      `that the stream is alive. Closing the connection ends the operation. With \`accept: ${EVENT_STREAM}\` each ` +
      "object is the data of a server-sent event of its `type`, and comments show that the stream is alive.",
    content: { [NDJSON]: { schema }, [EVENT_STREAM]: { schema } },
  };
}

function sortedByName<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
