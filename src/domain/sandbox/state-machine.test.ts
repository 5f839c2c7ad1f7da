import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SandboxState as StateSchema } from "../../contracts/sandbox-life.ts";
import type { StoredState } from "../../store/store.ts";
import { ACTIONS, isAllowed, STATES, verdict, type ChangingAction } from "./state-machine.ts";

const states: readonly StoredState[] = [...StateSchema.options, "pool"];
const actions = Object.keys(ACTIONS) as ChangingAction[];

describe("the state machine", () => {
  it("knows every state of the contract, and the one that nobody sees", () => {
    expect(Object.keys(STATES).toSorted()).toEqual([...states].toSorted());
  });

  it("has no action that leads where no transition does", () => {
    for (const action of actions) {
      for (const from of ACTIONS[action].from)
        expect(isAllowed(from, ACTIONS[action].to), `${action} ${from}`).toBe(true);
    }
  });

  it("is idempotent: an action that was done is done, from every state that takes it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...actions), fc.constantFrom(...states), (action, state) => {
        if (verdict(action, state) !== "go") return;
        expect(verdict(action, ACTIONS[action].to)).toBe("done");
      }),
    );
  });

  it("never leaves its table, whatever is asked in whatever order", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.array(fc.constantFrom(...actions), { maxLength: 30 }),
        (first, asked) => {
          let state = first;
          for (const action of asked) {
            const before = state;
            if (verdict(action, state) === "go") state = ACTIONS[action].to;
            expect(isAllowed(before, state)).toBe(true);
          }
          // What is gone or failed comes back by no action of its owner's.
          expect(["lost", "error"].includes(first) && state !== first).toBe(false);
        },
      ),
    );
  });

  it("takes every sandbox that can run to running, and every running one to rest", () => {
    const reach = (from: StoredState, to: StoredState): boolean => {
      const seen = new Set([from]);
      for (const state of seen) {
        for (const action of actions) if (verdict(action, state) === "go") seen.add(ACTIONS[action].to);
      }
      return seen.has(to);
    };
    for (const state of ["paused", "stopped", "archived"] as const) {
      expect(reach(state, "running")).toBe(true);
      expect(reach("running", state)).toBe(true);
    }
  });
});
