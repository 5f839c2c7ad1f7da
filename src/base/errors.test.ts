import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "./error-codes.ts";
import { asMoorageError, fromWireError, isMoorageError, MoorageError, toWireError } from "./errors.ts";
import { ID_PATTERN, newId } from "./ids.ts";

describe("errors", () => {
  it("travel over the wire and come back the same", () => {
    const error = new MoorageError("LIMIT_EXCEEDED", "too much", { hint: "less", details: { limit: "pids" } });
    const wire = toWireError(error, "request");
    expect(wire).toEqual({
      code: "LIMIT_EXCEEDED",
      message: "too much",
      hint: "less",
      details: { limit: "pids" },
      retry: false,
      requestId: "request",
    });
    expect(toWireError(fromWireError(wire))).toEqual(wire);
  });

  it("that are not ours become INTERNAL, and their text stays inside", () => {
    const foreign = new Error("secret path /root/x");
    const error = asMoorageError(foreign);
    expect(error.code).toBe("INTERNAL");
    expect(error.cause).toBe(foreign);
    expect(JSON.stringify(toWireError(error))).not.toContain("secret");
  });

  it("of a newer server keep their text under INTERNAL", () => {
    expect(fromWireError({ code: "FROM_THE_FUTURE", message: "m" })).toMatchObject({ code: "INTERNAL", message: "m" });
    expect(fromWireError({ code: "toString", message: "m" }).code).toBe("INTERNAL");
  });

  it("are known by their brand, not by their class", () => {
    expect(isMoorageError(new MoorageError("NOT_FOUND", ""))).toBe(true);
    expect(isMoorageError(new Error("NOT_FOUND"))).toBe(false);
    expect(isMoorageError(null)).toBe(false);
  });

  it.each(Object.entries(ERROR_CODES))("%s has a hint that is a sentence, and a fitting status", (code, row) => {
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
    expect(row.hint).toMatch(/^[A-Z].*\.$/s);
    expect(row.status).toBeGreaterThanOrEqual(400);
    // What a caller has done wrong stays so, save that they came too often.
    expect(row.fault === "caller" && row.retry).toBe(code === "RATE_LIMITED");
  });
});

describe("ids", () => {
  it("are 20 characters, the first a letter, and do not repeat", () => {
    const ids = Array.from({ length: 1000 }, newId);
    for (const id of ids) expect(id).toMatch(ID_PATTERN);
    expect(new Set(ids).size).toBe(1000);
  });
});
