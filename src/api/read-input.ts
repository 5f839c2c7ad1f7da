import { MoorageError } from "../base/errors.ts";
import { inputFields, type JsonSchema } from "../contracts/json-schema.ts";
import type { Operation } from "../contracts/operation.ts";
import { valueFromTexts } from "../contracts/text-values.ts";
import { readJsonBody } from "./json-body.ts";

type Fields = Readonly<Record<string, unknown>>;
export type InputReader = (request: Request, pathValues: Readonly<Record<string, string>>) => Promise<Fields>;

/**
 * Reads the one input object of an operation from path, query and body. Texts get the type that the contract names;
 * everything else, unknown fields too, is left to the operation's own parse.
 */
export function createInputReader(operation: Pick<Operation, "http" | "input">): InputReader {
  // Made for the first request: of all operations they would take most of a server's start.
  let known: ReadonlyMap<string, JsonSchema> | undefined;
  const hasBody = operation.http.method === "post" || operation.http.method === "put";
  return async (request, pathValues) => {
    const schemas = (known ??= new Map(inputFields(operation).map(({ name, schema }) => [name, schema])));
    const parts: Fields[] = [
      textFields(
        Object.entries(pathValues).map(([name, text]) => [name, [text]]),
        schemas,
      ),
      textFields(groupedQuery(new URL(request.url).searchParams), schemas),
      hasBody ? await readJsonBody(request) : {},
    ];
    return merged(parts);
  };
}

function groupedQuery(query: URLSearchParams): readonly (readonly [string, readonly string[]])[] {
  return [...new Set(query.keys())].map((name) => [name, query.getAll(name)]);
}

function textFields(
  entries: readonly (readonly [string, readonly string[]])[],
  schemas: ReadonlyMap<string, JsonSchema>,
): Fields {
  const valueOf = (name: string, texts: readonly string[]): unknown =>
    valueFromTexts(texts, { name, schema: schemas.get(name) ?? {} });
  return Object.fromEntries(entries.map(([name, texts]) => [name, valueOf(name, texts)] as const));
}

function merged(parts: readonly Fields[]): Fields {
  const entries = parts.flatMap((part) => Object.entries(part));
  const names = new Set<string>();
  for (const [name] of entries) {
    if (names.has(name)) {
      const message = `${name}: expected once, in the path, the query or the body; got it in more than one of them.`;
      throw new MoorageError("INVALID_INPUT", message, { details: { field: name } });
    }
    names.add(name);
  }
  return Object.fromEntries(entries);
}
