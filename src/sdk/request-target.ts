import { MoorageError } from "../base/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fills `{name}` in a path pattern, and tells which fields are left over. */
export function fillPath(pattern: string, input: Fields): { readonly path: string; readonly rest: Fields } {
  const used = new Set<string>();
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    used.add(name);
    return pathSegment(name, input[name]);
  });
  const rest = Object.entries(input).filter(([name, value]) => !used.has(name) && value !== undefined);
  return { path, rest: Object.fromEntries(rest) };
}

/** Fields as a query: lists repeat their name, objects are JSON. */
export function queryOf(fields: Fields): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, queryText(item));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

// URLs swallow empty segments and those of dots only, and the request would go to another route.
function pathSegment(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && value !== "." && value !== "..") return encodeURIComponent(value);
  const message = `${name}: expected an id or a name, got ${value === undefined ? "nothing" : JSON.stringify(value)}.`;
  throw new MoorageError("INVALID_INPUT", message, { details: { field: name } });
}

function queryText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
