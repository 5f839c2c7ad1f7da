/** A parsed object as its fields, to be looked at in a test; no fields where it is none. */
export function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
