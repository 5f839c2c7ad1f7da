import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DetachKeys } from "./detach-keys.ts";

describe("the detach keys", () => {
  test("are Ctrl-P Ctrl-Q, in one piece or in two", () => {
    expect(new DetachKeys().next(Buffer.from("ab\u0010\u0011cd"))).toEqual({
      passed: Uint8Array.from(Buffer.from("ab")),
      detached: true,
    });
    const keys = new DetachKeys();
    expect(keys.next(Buffer.from("\u0010"))).toEqual({ passed: new Uint8Array(), detached: false });
    expect(keys.next(Buffer.from("\u0011"))).toEqual({ passed: new Uint8Array(), detached: true });
  });

  test("leave everything else as it was typed", () => {
    const typed = fc.array(fc.constantFrom(0x10, 0x61, 0x0d), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 5 }), (pieces) => {
        const keys = new DetachKeys();
        const passed = [...pieces, [0x62]].flatMap((piece) => [...keys.next(Uint8Array.from(piece)).passed]);
        expect(passed).toEqual([...pieces.flat(), 0x62]);
      }),
    );
  });
});
