import type { JsonSchema } from "../../contracts/json-schema.ts";

/** What stands for a field in an example; a field that may be left out is shown where it is here as `shown`. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  ...{ id: "web", runId: "k3v9x2m7q1w8e5r4t6y0", agentId: "builder", sandboxId: "web" },
  ...{ path: "notes.txt", content: "ahoy\n", from: "notes.txt", to: "kept.txt", pattern: "ahoy", mode: "0640" },
  ...{ oldText: "ahoy", newText: "hello", old: "ahoy", new: "hello" },
  ...{ image: "python:3.11-slim", reference: "agent-env:report-1", tag: "report-1", dockerfile: "FROM busybox\n" },
  ...{ command: ["python", "-c", "print(6 * 7)"], jobs: [{ command: ["echo", "ahoy"] }], name: "web", user: "alice" },
  ...{ network: "none", signal: "TERM", data: "ahoy\n", columns: 120, rows: 40, token: "eyJhbGciOi…" },
};
const SOME_ID = "k3v9x2m7q1w8e5r4t6y0";
const SHOWN: ReadonlySet<string> = new Set(["name", "image", "command"]);

/** Fields of one operation that mean something of their own. */
const OWN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  user_create: { name: "alice" },
  user_get: { name: "alice" },
  user_update: { name: "alice", role: "viewer" },
  volume_remove: { name: "data" },
  network_ensure: { name: "backend" },
  network_inspect: { name: "backend" },
  network_remove: { name: "backend" },
  key_get: { id: "k3v9x2m7q1w8e5r4t6y0" },
  key_revoke: { id: "k3v9x2m7q1w8e5r4t6y0" },
  key_create: { name: "laptop" },
  quota_set: { user: "alice", sandboxes: 20 },
  context_create: { git: "https://example.org/app.git" },
  image_build: { git: "https://example.org/app.git", tag: "app-1" },
  image_export: { images: { web: "agent-env:app-1" }, registry: "registry.example.org/team" },
};

/** An input that the operation takes: what it needs, and a little of what makes it clear. */
export function exampleInput(operationId: string, input: JsonSchema): Readonly<Record<string, unknown>> {
  const { properties = {}, required = [] } = input;
  const own = OWN[operationId] ?? {};
  const names = Object.keys(properties).filter(
    (name) => required.includes(name) || SHOWN.has(name) || Object.hasOwn(own, name),
  );
  const entries = names.flatMap((name) => {
    const schema = properties[name] ?? {};
    const value = own[name] ?? (isId(name, schema) ? SOME_ID : SAMPLES[name]) ?? sampleOf(schema);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function isId(name: string, { $ref }: JsonSchema): boolean {
  return $ref === "#/components/schemas/Id" || (name.endsWith("Id") && !Object.hasOwn(SAMPLES, name));
}

function sampleOf({ default: usual, enum: values, ...schema }: JsonSchema): unknown {
  if (usual !== undefined) return usual;
  if (values !== undefined) return values[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.type === "integer" || schema.type === "number") return schema["minimum"] ?? 1;
  if (schema.type === "boolean") return true;
  if (schema.type === "array") return [sampleOf(schema.items ?? {})];
  return schema.type === "string" ? "text" : undefined;
}
