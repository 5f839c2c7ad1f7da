import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../base/error-codes.ts";
import { listOperations } from "../contracts/platform.ts";
import { asFields } from "../contracts/testing/as-fields.ts";
import { createOpenApi } from "./openapi.ts";

const document = createOpenApi("1.2.3");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function resolve(reference: string): unknown {
  const [root, ...names] = reference.split("/");
  expect(root).toBe("#");
  return names.reduce<unknown>((value, name) => asFields(value)[name], document);
}

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === "$ref" ? [String(inner)] : references(inner)));
}

test("every reference leads somewhere, and every component is used", () => {
  const found = new Set(references(document));
  for (const reference of found) expect(resolve(reference), reference).toBeTypeOf("object");
  for (const name of Object.keys(document.components.schemas)) {
    expect(found, name).toContain(`#/components/schemas/${name}`);
  }
});

test("nothing is left of the schemas' own dialect and definitions", () => {
  expect(JSON.stringify(document)).not.toMatch(/"\$schema"|"\$defs"|"\$id"/);
});

test("every row of the table is there, by method, path, summary and a name of its own", () => {
  for (const { name, operation } of listOperations()) {
    const { method, path } = operation.http;
    expect(document.paths[path]?.[method], name).toMatchObject({
      operationId: name.replace(".", "_"),
      summary: operation.summary,
    });
  }
  const ids = operations.map(({ operation }) => operation["operationId"]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the placeholders of a path are its required path parameters, and no other parameter is in the path", () => {
  for (const { path, operation } of operations) {
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters: unknown[] = Array.isArray(operation["parameters"]) ? operation["parameters"] : [];
    const inPath = parameters.map(asFields).filter((parameter) => parameter["in"] === "path");
    expect(
      inPath.map((parameter) => parameter["name"]),
      path,
    ).toEqual(placeholders);
    for (const parameter of inPath) expect(parameter).toMatchObject({ required: true });
  }
});

test("what is not in the path is in the query of get and delete, and in the body of post and put", () => {
  expect(document.paths["/v1/sandboxes/{id}/runs"]?.["get"]).toMatchObject({
    parameters: [
      { name: "id", in: "path", required: true },
      { name: "limit", in: "query", schema: { type: "integer", default: 100 } },
      { name: "cursor", in: "query" },
    ],
  });
  expect(document.paths["/v1/sandboxes/{id}/file"]?.["put"]).toMatchObject({
    requestBody: {
      required: true,
      content: { "application/json": { schema: { required: ["path", "content"], additionalProperties: false } } },
    },
  });
  for (const { method, operation } of operations) {
    expect("requestBody" in operation, String(operation["operationId"])).toBe(method === "post" || method === "put");
  }
});

test("streams are described as lines, with the error that may be their last", () => {
  const exec = document.paths["/v1/sandboxes/{id}/exec"]?.["post"];
  expect(exec).toMatchObject({
    responses: {
      "200": {
        content: {
          "application/x-ndjson": {
            schema: {
              anyOf: [{ $ref: "#/components/schemas/RunEvent" }, { $ref: "#/components/schemas/StreamError" }],
            },
          },
        },
      },
    },
  });
});

test("every operation tells how it fails, and the error knows every code", () => {
  for (const { operation } of operations) {
    expect(operation["responses"]).toMatchObject({ default: { $ref: "#/components/responses/Error" } });
  }
  expect(document.components.schemas["WireError"]).toMatchObject({
    properties: { code: { enum: Object.keys(ERROR_CODES) } },
  });
});

test("answers are open to fields that come later, inputs are not", () => {
  expect(document.components.schemas["Sandbox"]?.additionalProperties).toBeUndefined();
  expect(document.components.schemas["CodeBlock"]?.additionalProperties).toBe(false);
});

test("it is a valid document of OpenAPI 3.1, by somebody else's reading", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(validator.version).toBe("3.1");
});

test("every parameter says what it is, and every operation asks for a key and tells how it fails", () => {
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`;
    const parameters: unknown[] = Array.isArray(operation["parameters"]) ? operation["parameters"] : [];
    for (const parameter of parameters) {
      const { $ref } = asFields(parameter);
      const { description } = asFields(typeof $ref === "string" ? resolve($ref) : parameter);
      expect(description, `${name}: ${JSON.stringify(parameter)}`).toMatch(/^\S.{5}/);
    }
    const statuses = Object.keys(asFields(operation["responses"]));
    expect(statuses, name).toContain("default");
    const security = operation["security"];
    const isOpen = Array.isArray(security) && security.length === 0;
    expect(isOpen || ["401", "403"].every((status) => statuses.includes(status)), name).toBe(true);
  }
  expect(Object.keys(document.components.securitySchemes)).toEqual(["key"]);
});

test("those take an idempotency key that change something and answer once without a secret", () => {
  const keyed = operations
    .filter(({ operation }) => JSON.stringify(operation["parameters"]).includes("IdempotencyKey"))
    .map(({ operation }) => operation["operationId"]);
  expect(keyed).toEqual(expect.arrayContaining(["sandbox_create", "sandbox_remove", "network_ensure", "user_create"]));
  for (const other of ["sandbox_get", "sandbox_exec", "key_create", "run_wait", "raw_upload"]) {
    expect(keyed).not.toContain(other);
  }
});
