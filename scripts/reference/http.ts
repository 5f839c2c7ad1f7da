import { emitSchema, type JsonSchema } from "../../src/contracts/json-schema.ts";
import { listOperations, type NamedOperation } from "../../src/contracts/platform.ts";
import { code, described, fieldsOf, page, table, typeText } from "./markdown.ts";

const INTRODUCTION = `\`moorage serve\` listens on TCP and on two sockets, as [the page about it](../server.md) tells. Requests carry a key, \`authorization: Bearer KEY\`, but on the socket of the user who started it. The same is in [openapi.json](../../openapi.json), which the server also answers at \`/openapi.json\`.

\`\`\`sh
curl --unix-socket "$HOME/.local/share/moorage/run/moorage.sock" http://moorage/v1/sandboxes
\`\`\`

- **Input** is one object: what the path does not hold is in the query of \`GET\` and \`DELETE\`, and in a JSON body (\`content-type: application/json\`, at most 32 MiB) of \`POST\` and \`PUT\`. Unknown fields are refused.
- **Answers** are JSON objects. Ignore fields that you do not know: later versions add some.
- **Streams** answer \`application/x-ndjson\`: one event a line, when it happens. Empty lines only show that the stream is alive. A failure after the first event is the last line, \`{ "type": "error", "error": … }\`. Closing the connection ends the operation.
- **Errors** have the form and the status of [errors](errors.md). Five of \`INVALID_INPUT\` have a status of their own: 403 for a page that may send none, 405 for another method, 413 for a body over the cap, 415 for another content type, 421 for a name that is not the server's.
- **Request ids**: \`x-request-id\` is taken from the request (1 to 64 of \`A-Z a-z 0-9 . _ -\`) or made, and is in the answer, in errors and in the server's log.`;

const BYTES = `## Bytes

| method and path | does |
|---|---|
| \`GET /v1/sandboxes/{id}/archive?path=\` | Read a file or a tree of a sandbox as \`application/x-tar\`. It is whole when the connection ends in order. |
| \`PUT /v1/sandboxes/{id}/archive?path=\` | Unpack \`application/x-tar\` into a directory, which is made when it is missing. Answers 204. |

## Server

| method and path | does |
|---|---|
| \`GET /healthz\` | Tell that the server answers: \`{ "ok": true, "version": "…" }\`. |
| \`GET /openapi.json\` | Read the OpenAPI document. |`;

const ANCHOR = "#";

export function httpReference(): string {
  const definitions: Record<string, JsonSchema> = {};
  const operations = listOperations().flatMap((named) => operationSections(named, definitions));
  const schemas = Object.entries(definitions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return page("HTTP", [
    INTRODUCTION,
    overview(),
    ...operations,
    BYTES,
    "## Schemas",
    ...schemas.flatMap(([name, schema]) => schemaSections(name, schema)),
  ]);
}

function overview(): string {
  return table(
    ["operation", "method and path", "does"],
    listOperations().map(({ name, operation }) => [
      `[${name}](#${anchor(name)})`,
      route(operation.http),
      operation.summary,
    ]),
  );
}

function operationSections(
  { name, operation }: NamedOperation,
  definitions: Record<string, JsonSchema>,
): readonly string[] {
  const input = emitSchema(operation.input, ANCHOR);
  const output = emitSchema(operation.output, ANCHOR);
  Object.assign(definitions, input.definitions, output.definitions);
  const { method, path } = operation.http;
  const rest = method === "post" || method === "put" ? "body" : "query";
  const rows = fieldsOf(input.schema).map((field) => [
    code(field.name),
    path.includes(`{${field.name}}`) ? "path" : rest,
    typeText(field.schema, link),
    field.required ? "yes" : "no",
    described(field.schema),
  ]);
  const answer = typeText(output.schema, link);
  return [
    `## ${name}`,
    `${route(operation.http)}: ${operation.summary}`,
    table(["input", "in", "type", "required", "meaning"], rows),
    operation.kind === "unary" ? `Answers ${answer}.` : `Streams ${answer}.`,
  ];
}

function schemaSections(name: string, schema: JsonSchema): readonly string[] {
  const variants = schema.oneOf ?? schema.anyOf ?? [];
  const rows = (part: JsonSchema) =>
    fieldsOf(part).map((field) => [
      code(field.name),
      typeText(field.schema, link),
      field.required ? "always" : "may be left out",
      described(field.schema),
    ]);
  const fields = variants.length > 0 ? "" : table(["field", "type", "there", "meaning"], rows(schema));
  const events = variants.map((variant) => `- ${fieldsOf(variant).map(fieldText).join(", ")}`).join("\n");
  const kind = fields === "" && events === "" ? `${capitalised(typeText(schema, link))}.` : "";
  return [`### ${name}`, [kind, described(schema)].filter((part) => part !== "").join(" "), fields, events];
}

function fieldText({ name, schema }: { readonly name: string; readonly schema: JsonSchema }): string {
  return `${code(name)}: ${typeText(schema, link)}`;
}

function route({ method, path }: { readonly method: string; readonly path: string }): string {
  return code(`${method.toUpperCase()} ${path}`);
}

function link(reference: string): string {
  const name = reference.slice(ANCHOR.length);
  return `[${name}](#${anchor(name)})`;
}

function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(".", "");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
