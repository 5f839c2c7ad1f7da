import { createHash } from "node:crypto";
import { ERROR_CODES } from "../../base/error-codes.ts";
import type { JsonSchema } from "../../contracts/json-schema.ts";
import type { OpenApiDocument } from "../openapi.ts";
import { markup, prose, type Markup } from "./markup.ts";
import { operationHtml, shortName, type DocumentedOperation, type Route } from "./operation-html.ts";
import { fieldsTable, schemaRows, typeHtml } from "./schema-html.ts";
import { STYLE } from "./style.ts";

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** Nothing is loaded from anywhere, nothing runs, and nobody frames it. */
export const DOCS_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'`,
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export function routesOf({ paths }: OpenApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method, path },
      operation: operation as DocumentedOperation,
    })),
  );
}

/** The API reference as one page of HTML that needs nothing else. */
export function docsPage(document: OpenApiDocument, version: string): string {
  const routes = routesOf(document);
  const groups = Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? "");
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Moorage API reference</title>
        <style>${{ html: STYLE }}</style>
      </head>
      <body>
        <nav aria-label="Contents">
          <a class="brand" href="#top">Moorage API<span>${version}</span></a>
          ${[...groups].map(([tag, inside]) => navGroup(tag, inside))}
          <a class="plain" href="#errors">Errors</a>
          <a class="plain" href="#schemas">Schemas</a>
        </nav>
        <main id="top">
          ${introduction()}
          ${[...groups].map(
            ([tag, inside]) =>
              markup`<section id="tag-${tag}">
                <h2>${tag}</h2>
                ${inside.map((route) => operationHtml(route, document))}
              </section>`,
          )}
          <section id="errors">
            <h2>Errors</h2>
            ${errorsHtml()}
          </section>
          <section id="schemas">
            <h2>Schemas</h2>
            ${Object.entries(document.components.schemas).map(schemaHtml)}
          </section>
        </main>
      </body>
    </html>`;
  return page.html;
}

function navGroup(tag: string, routes: readonly Route[]): Markup {
  const items = routes.map(
    ({ method, operation }) =>
      markup`<li>
        <a href="#${operation.operationId}"
          >${shortName(operation).replace(/^\w+\./, "")}<span class="method ${method}">${method.toUpperCase()}</span></a
        >
      </li>`,
  );
  return markup`<details open>
    <summary>${tag}</summary>
    <ul>
      ${items}
    </ul>
  </details>`;
}

function introduction(): Markup {
  return markup`<div class="intro">
    <h1>API reference</h1>
    <p class="lead">Isolated containers for AI agents: sandboxes, runs, files, images and receipts, over HTTP.</p>
    <p>
      Every request carries a key, ${prose("`authorization: Bearer KEY`")}, but on the socket of the user who started
      the server. ${prose("`moorage key create` makes one.")} The same as a document:
      <a href="/openapi.json">openapi.json</a>.
    </p>
    <p>
      ${prose("Input is one object: what the path does not hold is in the query of `GET` and `DELETE`, and in a JSON body of `POST` and `PUT`. Unknown fields are refused. Answers may gain fields.")}
    </p>
    <p>
      ${prose("Streams answer `application/x-ndjson`, one event a line; a failure after the first event is the last line, of the type `error`. An `idempotency-key` makes a change safe to send again.")}
    </p>
    <pre><code>export MOORAGE_URL=http://127.0.0.1:7070
export MOORAGE_KEY=moorage_…
curl "$MOORAGE_URL/v1/whoami" -H "authorization: Bearer $MOORAGE_KEY"</code></pre>
  </div>`;
}

function errorsHtml(): Markup {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, retry, hint }]) =>
      markup`<tr id="error-${code}">
        <td><code>${code}</code></td>
        <td>${status}</td>
        <td>${retry ? "yes" : "no"}</td>
        <td>${prose(hint)}</td>
      </tr>`,
  );
  return markup`<p>
      ${prose('The body of each is `{ "error": … }` with a')} <a href="#schema-WireError">WireError</a>: the code, what
      failed, what to do next.
    </p>
    <table>
      <thead>
        <tr>
          <th>Code</th>
          <th>Status</th>
          <th>Again later</th>
          <th>What to do</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function schemaHtml([name, schema]: readonly [string, JsonSchema]): Markup {
  const { description, properties } = schema;
  const body = properties === undefined ? markup`<p>${typeHtml(schema)}</p>` : fieldsTable(schemaRows(schema));
  const about = description === undefined ? undefined : markup`<p>${prose(description)}</p>`;
  return markup`<details class="schema" id="schema-${name}" open>
    <summary>${name}</summary>
    <div>${about}${body}</div>
  </details>`;
}
