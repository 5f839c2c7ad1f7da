import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { createApi } from "../../src/api/index.ts";
import { isMoorageError } from "../../src/base/errors.ts";
import { ID_PATTERN, newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { listOperations, type NamedOperation } from "../../src/contracts/platform.ts";
import { operations } from "../../src/contracts/operations.ts";
import { openMemoryDomain } from "../fixtures/memory-domain.ts";
import { arbitraryInput } from "./arbitrary-input.ts";

const RUNS = 15;

/** The real domain behind the HTTP door, in process. */
function openDoor() {
  const domain = openMemoryDomain();
  const admit = () => Promise.resolve(domain.platform);
  return { domain, app: createApi({ admit, logger: silentLogger, version: "1.2.3" }) };
}

/** What is wrong in one place: another value, or a field too many. */
function spoiled({ operation }: NamedOperation): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(arbitraryFields(operation));
  const name = names.length === 0 ? fc.string() : fc.oneof(fc.constantFrom(...names), fc.string());
  return fc
    .tuple(arbitraryInput(operation), name, fc.jsonValue())
    .map(([input, field, value]) => ({ ...input, [field]: value }))
    .filter((input) => !operation.input.safeParse(input).success);
}

function arbitraryFields(operation: NamedOperation["operation"]): Record<string, unknown> {
  return "shape" in operation.input ? { ...(operation.input.shape as object) } : {};
}

describe.each(listOperations().map((named) => [named.name, named] as const))("%s", (_name, named) => {
  const { method, path } = named.operation.http;

  it("tells what is wrong with any JSON, and never fails by it", async () => {
    const { domain, app } = openDoor();
    await using _domain = domain;
    const wrong = fc.oneof(
      fc.jsonValue().filter((value) => !named.operation.input.safeParse(value).success),
      spoiled(named),
    );
    await fc.assert(
      fc.asyncProperty(wrong, async (input) => {
        const fields = typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
        const text = (name: string): string => {
          const value = fields[name];
          return encodeURIComponent(
            typeof value === "string" ? value.toWellFormed() || "x" : JSON.stringify(value) || "x",
          );
        };
        const target = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => text(name));
        const body = JSON.stringify(input);
        const hasBody = method === "post" || method === "put";
        const query = hasBody
          ? ""
          : `?${Object.keys(fields)
              .map((name) => `${encodeURIComponent(name.toWellFormed())}=${text(name)}`)
              .join("&")}`;
        const response = await app.request(`${target}${query}`, {
          method: method.toUpperCase(),
          ...(hasBody ? { body, headers: { "content-type": "application/json" } } : {}),
        });
        // What is no JSON of the operation may be a good query: a stream that it opens has no end.
        if (response.status < 400) return response.body?.cancel();
        const told = await response.text();
        expect(response.status, told).toBeLessThan(500);
        const { error } = JSON.parse(told) as { error: Record<string, unknown> };
        expect(error).toMatchObject({ code: expect.any(String) as unknown, message: expect.any(String) as unknown });
        expect(String(error["hint"])).not.toBe("");
      }),
      { numRuns: RUNS },
    );
  });
});

test("a cursor is one that a page answered, or is refused; by it every item comes once", async () => {
  await using domain = openMemoryDomain();
  const { platform } = domain;
  const names = Array.from({ length: 7 }, (_, index) => `s${index}`);
  for (const name of names) await platform.sandbox.create({ name });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), async (limit) => {
      const seen: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await platform.sandbox.list({ limit, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map(({ name }) => name ?? "-"));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(seen.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(names);
    }),
    { numRuns: 8 },
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (cursor) => {
      const told = await platform.sandbox.list({ cursor }).then(
        () => "a page",
        (error: unknown) => (isMoorageError(error) ? error.code : String(error)),
      );
      expect(["a page", "INVALID_INPUT"]).toContain(told);
    }),
  );
});

test("an id is what every door takes as one, and nothing else is", () => {
  const { input } = operations.key.get;
  fc.assert(
    fc.property(fc.constant(undefined), () => input.safeParse({ id: newId() }).success),
    { numRuns: 200 },
  );
  fc.assert(fc.property(fc.string(), (id) => input.safeParse({ id }).success === ID_PATTERN.test(id)));
  for (const id of ["..", "a/b", "a\u0000b", `${newId()}\n`, newId().toUpperCase(), `${newId()}x`]) {
    expect(input.safeParse({ id }).success, JSON.stringify(id)).toBe(false);
  }
});
