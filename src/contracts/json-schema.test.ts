import { expect, test } from "vitest";
import { z } from "zod";
import { emitSchema, inlineSchema, inputFields, type JsonSchema } from "./json-schema.ts";
import { listOperations } from "./platform.ts";

const Berth = z.string().meta({ id: "TestBerth", description: "A place." });
const Quay = z.object({ berths: z.array(Berth) }).meta({ id: "TestQuay" });
const Harbour = z.strictObject({
  main: Berth.meta({ description: "The first." }),
  quays: z.array(Quay).optional(),
  depth: z.int().meta({ default: 3 }),
});

test("emitSchema keeps shared schemas apart and names them by the prefix", () => {
  const { schema, definitions } = emitSchema(Harbour, "#/components/schemas/");
  expect(schema.properties?.["main"]).toEqual({ $ref: "#/components/schemas/TestBerth", description: "The first." });
  expect(definitions["TestQuay"]?.properties?.["berths"]?.items).toEqual({ $ref: "#/components/schemas/TestBerth" });
  expect(definitions["TestBerth"]).toEqual({ type: "string", description: "A place." });
});

test("inlineSchema writes shared schemas out, the description of the use before that of the schema", () => {
  const schema = inlineSchema(Harbour);
  expect(JSON.stringify(schema)).not.toMatch(/\$ref|\$defs|\$schema/);
  expect(schema.properties?.["main"]).toEqual({ type: "string", description: "The first." });
  expect(schema.properties?.["quays"]?.items?.properties?.["berths"]?.items?.description).toBe("A place.");
});

test("a schema with an id at the root is written out as well", () => {
  expect(inlineSchema(Quay).type).toBe("object");
});

test("strict objects refuse other fields, plain ones are open, integers have no noise", () => {
  const schema = inlineSchema(Harbour);
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties?.["quays"]?.items?.additionalProperties).toBeUndefined();
  expect(schema.properties?.["depth"]).toEqual({ type: "integer", default: 3 });
});

test("every operation has a strict object as its input, and an object or a union of objects as its output", () => {
  for (const { name, operation } of listOperations()) {
    expect(inlineSchema(operation.input), name).toMatchObject({ type: "object", additionalProperties: false });
    const output = inlineSchema(operation.output);
    const variants: readonly JsonSchema[] =
      operation.kind === "unary" ? [output] : (output.oneOf ?? output.anyOf ?? []);
    expect(variants.length, name).toBeGreaterThan(0);
    for (const variant of variants) expect(variant.type, name).toBe("object");
  }
});

test("contracts change nothing when they are read: both directions have one shape", () => {
  for (const { name, operation } of listOperations()) {
    for (const schema of [operation.input, operation.output]) {
      const open = (io: "input" | "output") =>
        JSON.stringify(z.toJSONSchema(schema, { io })).replaceAll(',"additionalProperties":false', "");
      expect(open("output"), name).toBe(open("input"));
    }
  }
});

test("inputFields tells names, schemas and which are required, in the order of the contract", () => {
  const exec = listOperations().find(({ name }) => name === "file.write");
  const fields = exec === undefined ? [] : inputFields(exec.operation);
  expect(fields.map(({ name, required }) => [name, required])).toEqual([
    ["id", true],
    ["path", true],
    ["content", true],
    ["encoding", false],
    ["mode", false],
  ]);
});
