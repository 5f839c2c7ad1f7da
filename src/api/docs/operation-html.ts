import type { JsonSchema } from "../../contracts/json-schema.ts";
import type { OpenApiDocument } from "../openapi.ts";
import { exampleInput } from "./example.ts";
import { markup, prose, type Markup } from "./markup.ts";
import { fieldsTable, schemaRows, typeHtml, type FieldRow } from "./schema-html.ts";

/** What is read here of one operation of the document. */
export type DocumentedOperation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer | { readonly $ref: string }>>;
  readonly security?: readonly unknown[];
};

type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: string;
};
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
type Answer = { readonly description: string; readonly content?: Content };

export type Route = { readonly method: string; readonly path: string; readonly operation: DocumentedOperation };

export function shortName({ operationId }: DocumentedOperation): string {
  return operationId.replace("_", ".");
}

export function operationHtml({ method, path, operation }: Route, document: OpenApiDocument): Markup {
  const { operationId, summary, responses } = operation;
  const fields = fieldsOf(operation, document);
  const inputs =
    fields.length === 0
      ? undefined
      : markup`<h4>Input</h4>
          ${fieldsTable(fields)}`;
  return markup`<article id="${operationId}">
    <header>
      <h3><a class="anchor" href="#${operationId}">${shortName(operation)}</a></h3>
      <p>${prose(summary)}</p>
      <p class="route"><span class="method ${method}">${method.toUpperCase()}</span>${routeHtml(path)}</p>
    </header>
    <div>
      ${inputs}
      <h4>Answers</h4>
      <dl class="fields">
        ${Object.entries(responses).map(([status, answer]) => answerHtml(status, answer, document))}
      </dl>
    </div>
    <div class="example">
      <h4>Example</h4>
      <pre><code>${curlOf({ method, path, operation }, document)}</code></pre>
    </div>
  </article>`;
}

function routeHtml(path: string): Markup[] {
  return path.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? markup`<b>${part}</b>` : markup`${part}`));
}

function fieldsOf({ parameters, requestBody }: DocumentedOperation, document: OpenApiDocument): FieldRow[] {
  const all = parameters.map((given): FieldRow => {
    const { name, in: place, required = false, schema, description } = resolved<Parameter>(given, document);
    return { name, place, required, schema, description };
  });
  const [rows, headers] = [
    all.filter(({ place }) => place !== "header"),
    all.filter(({ place }) => place === "header"),
  ];
  const [body] = Object.entries(requestBody?.content ?? {});
  if (body === undefined) return [...rows, ...headers];
  const [type, { schema }] = body;
  if (type === "application/json") return [...rows, ...schemaRows(schema, "body"), ...headers];
  return [...rows, ...headers, { name: type, place: "body", required: true, schema: { type: "bytes" } }];
}

function answerHtml(status: string, given: Answer | { readonly $ref: string }, document: OpenApiDocument): Markup {
  const { description, content = {} } = resolved<Answer>(given, document);
  const [first] = Object.entries(content);
  const isError = "$ref" in given;
  const type = first === undefined ? undefined : markup` <span class="type">${first[0]}</span>`;
  const bytes = first?.[0].startsWith("application/x-tar") || first?.[0] === "application/octet-stream";
  const body = first === undefined || isError || bytes ? undefined : markup`<p>${answerType(first[1].schema)}</p>`;
  return markup`<div>
    <dt><code>${status}</code>${isError ? undefined : type}</dt>
    <dd>
      <p>${prose(description)}</p>
      ${body}
    </dd>
  </div>`;
}

function answerType(schema: JsonSchema): Markup {
  return schema.properties === undefined ? typeHtml(schema) : fieldsTable(schemaRows(schema));
}

/** As one would type it: `$MOORAGE_URL` and `$MOORAGE_KEY` stand for the server and the key. */
export function curlOf({ method, path, operation }: Route, document: OpenApiDocument): string {
  const parameters = operation.parameters.map((given) => resolved<Parameter>(given, document));
  const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]));
  const required = parameters.filter((parameter) => parameter.required === true).map(({ name }) => name);
  const values = exampleInput(operation.operationId, { properties, required });
  const target = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(values[name])));
  const query = parameters.filter(({ name, in: place }) => place === "query" && values[name] !== undefined);
  const search = query.map(({ name }) => `${name}=${encodeURIComponent(String(values[name]))}`).join("&");
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$MOORAGE_URL${target}${search === "" ? "" : `?${search}`}"`,
  ];
  if (operation.security === undefined) lines.push('-H "authorization: Bearer $MOORAGE_KEY"');
  if (parameters.some(({ name }) => name === "idempotency-key")) lines.push('-H "idempotency-key: $(uuidgen)"');
  const [body] = Object.entries(operation.requestBody?.content ?? {});
  if (body !== undefined) lines.push(...bodyLines(operation.operationId, body));
  return lines.join(" \\\n  ");
}

function bodyLines(
  operationId: string,
  [type, { schema }]: readonly [string, { readonly schema: JsonSchema }],
): string[] {
  const header = `-H "content-type: ${type}"`;
  if (type !== "application/json") return [header, "--data-binary @FILE"];
  const fields = Object.entries(exampleInput(operationId, schema));
  const lines = fields.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const text = (lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n  }`).replaceAll("'", String.raw`'\''`);
  return [header, `-d '${text}'`];
}

function resolved<T>(given: T | { readonly $ref: string }, document: OpenApiDocument): T {
  if (typeof given !== "object" || given === null || !("$ref" in given)) return given;
  const [kind = "", name = ""] = given.$ref.split("/").slice(-2);
  const components: Readonly<Record<string, Readonly<Record<string, unknown>>>> = document.components;
  return components[kind]?.[name] as T;
}
